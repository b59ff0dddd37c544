/// The version of Plumbline.
public enum PlumblineVersion {
  public static let current = "0.1.0"
}

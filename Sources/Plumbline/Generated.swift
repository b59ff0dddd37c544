import PlumblineBundle
import PlumblineJSON
import SpecCompiler

/// Where what a spec was compiled to before is looked for: an incident that was in it must not be lost.
public enum Generated: Sendable, Hashable {
  /// Nowhere: to decide with a spec asks nothing of its past.
  case none
  /// A folder that `plumb compile` writes to.
  case folder(String)
  /// A folder `Generated` in the package's folder, in one above it up to the root of the repository, or in the
  /// working folder.
  case nearby

  /// The bundle of a spec; nil where there is none, or none with an incident.
  func bundle(of spec: String, package: String) -> CommittedBundle? {
    guard !spec.isEmpty, spec != "..", !spec.contains("/") else { return nil }
    for folder in folders(package) {
      let path = FileSystem.join(folder, "\(spec)/bundle.json")
      guard FileSystem.kind(path) == .file else { continue }
      let shown = FileSystem.display(path)
      do throws(FileError) {
        let bytes = try FileSystem.read(path, limit: 1 << 30)
        do {
          let document = try JSONDocument.parse(bytes)
          // Most specs have no incident: their bundles need not be verified.
          guard document.root["incidents"] != nil || document.root["format"] == nil else {
            return nil
          }
          let bundle = try SpecBundle.load(document).bundle
          return CommittedBundle(path: shown, content: .bundle(bundle))
        } catch {
          return CommittedBundle(path: shown, content: .unreadable("\(error)"))
        }
      } catch {
        return CommittedBundle(path: shown, content: .unreadable(error.reason))
      }
    }
    return nil
  }

  func folders(_ package: String) -> [String] {
    switch self {
    case .none: return []
    case .folder(let folder): return [folder]
    case .nearby:
      let here = FileSystem.workingFolder
      var above = package.hasPrefix("/") ? package : FileSystem.join(here, package)
      while above.hasSuffix("/"), above.count > 1 { above.removeLast() }
      if above.hasSuffix("/.") { above.removeLast(2) }
      var found: [String] = []
      for _ in 0..<16 {
        found.append(FileSystem.join(above, "Generated"))
        if FileSystem.kind(FileSystem.join(above, ".git")) != nil { break }
        guard let slash = above.lastIndex(of: "/"), slash != above.startIndex else { break }
        above = String(above[..<slash])
      }
      return found + [FileSystem.join(here, "Generated")]
    }
  }
}

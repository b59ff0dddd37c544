#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Refuses what would write over a file that is read, or over another output.
public enum FileClash {
  /// Which file a path stands for, whatever it is called.
  private enum Identity: Hashable {
    case file(device: UInt64, inode: UInt64)
    /// A file that is not there yet: its folder and its name.
    case missing(String)
  }

  /// - Parameters:
  ///   - outputs: what will be written, each with the option that names it; `-` is standard output.
  ///   - inputs: what is read; `-` is standard input.
  /// - Throws: `FileError` for the first output that is an input or another output, also through links.
  public static func refuse(
    outputs: [(option: String, path: String)], inputs: [String]
  ) throws(FileError) {
    var read: [Identity: String] = [:]
    for input in inputs {
      if let identity = identity(input, standard: STDIN_FILENO) { read[identity] = input }
    }
    var written: [Identity: String] = [:]
    var standard: String?
    for (option, path) in outputs {
      if path == "-" {
        if let standard {
          throw FileError(path: path, reason: "both \(standard) and \(option) would write to it")
        }
        standard = option
      }
      guard let identity = identity(path, standard: STDOUT_FILENO) else { continue }
      if let input = read[identity] {
        let same = input == path ? "it is" : "it is the same file as \(shown(input)), which is"
        throw FileError(
          path: path, reason: "\(same) read by this command; \(option) would overwrite it")
      }
      if let other = written.updateValue(option, forKey: identity) {
        throw FileError(path: path, reason: "both \(other) and \(option) would write to it")
      }
    }
  }

  private static func shown(_ input: String) -> String { input == "-" ? "standard input" : input }

  /// nil for what is no file: a device or a pipe can be written to twice.
  private static func identity(_ path: String, standard: Int32) -> Identity? {
    var status = stat()
    let found = path == "-" ? fstat(standard, &status) == 0 : stat(path, &status) == 0
    if found {
      guard status.st_mode & S_IFMT == S_IFREG else { return nil }
      return .file(
        device: UInt64(truncatingIfNeeded: status.st_dev),
        inode: UInt64(truncatingIfNeeded: status.st_ino))
    }
    return path == "-" ? nil : .missing(FileSystem.resolved(path))
  }

  /// Refuses to write into folders that hold specs: outputs would stand among them.
  /// - Parameters:
  ///   - folders: each is written to.
  ///   - sources: the files of the specs.
  /// - Throws: `FileError` for the first folder with a source in it or below it.
  public static func refuse(folders: [String], sources: [String]) throws(FileError) {
    let roots = folders.map { (path: $0, real: FileSystem.resolved($0) + "/") }
    for source in sources {
      let real = FileSystem.resolved(source)
      guard let root = roots.first(where: { real.hasPrefix($0.real) }) else { continue }
      throw FileError(
        path: FileSystem.display(root.path),
        reason:
          "the spec \(FileSystem.display(source)) is in this folder, which outputs would be "
          + "written to; name another output folder")
    }
  }
}

extension FileSystem {
  /// The path in full, without links. Of what is not there, that of its folder and its name.
  static func resolved(_ path: String, depth: Int = 0) -> String {
    if let real = realpath(path, nil) {
      defer { free(real) }
      return String(cString: real)
    }
    // A link to a file that is not there yet: what it points to would be made.
    let (folder, name) = split(path)
    if depth < 16, let target = linkTarget(path) {
      return resolved(target.hasPrefix("/") ? target : join(folder, target), depth: depth + 1)
    }
    guard !name.isEmpty, folder != path, let real = realpath(folder, nil) else { return path }
    defer { free(real) }
    return join(String(cString: real), name)
  }

  /// What a link says, nil where it is none.
  private static func linkTarget(_ path: String) -> String? {
    var bytes = [CChar](repeating: 0, count: Int(PATH_MAX))
    let length = readlink(path, &bytes, bytes.count)
    guard length > 0 else { return nil }
    return String(decoding: bytes[..<length].map { UInt8(bitPattern: $0) }, as: UTF8.self)
  }

  /// The folder of a path and its last part.
  static func split(_ path: String) -> (folder: String, name: String) {
    guard let slash = path.lastIndex(of: "/") else { return (".", path) }
    let name = String(path[path.index(after: slash)...])
    return (slash == path.startIndex ? "/" : String(path[..<slash]), name)
  }
}

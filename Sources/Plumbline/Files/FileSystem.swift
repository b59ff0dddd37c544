#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// What went wrong with a file, in the words of the system.
public struct FileError: Error, Sendable, Hashable, CustomStringConvertible {
  public let path: String
  public let reason: String
  public init(path: String, reason: String) {
    self.path = path
    self.reason = reason
  }
  public var description: String { "\(path): \(reason)" }

  static func last(_ path: String) -> FileError {
    FileError(path: path, reason: String(cString: strerror(errno)))
  }
}

/// The few calls to the file system that Plumbline makes. POSIX alone: Foundation would double the
/// start of the command.
public enum FileSystem {
  public enum Kind: Sendable { case file, folder, other }

  /// What `path` is, or nil where there is nothing.
  public static func kind(_ path: String) -> Kind? {
    var status = stat()
    guard stat(path, &status) == 0 else { return nil }
    switch status.st_mode & S_IFMT {
    case S_IFREG: return .file
    case S_IFDIR: return .folder
    default: return .other
    }
  }

  /// The whole file; `-` is standard input.
  /// - Parameter limit: more bytes than this are refused.
  /// - Throws: `FileError` when it can't be read or is too large.
  public static func read(_ path: String, limit: Int = 1 << 32) throws(FileError) -> [UInt8] {
    let descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last(path) }
    defer { if path != "-" { close(descriptor) } }
    var status = stat()
    var expected = 1 << 16
    if fstat(descriptor, &status) == 0, status.st_size > 0 { expected = Int(status.st_size) + 1 }
    guard expected - 1 <= limit else {
      throw FileError(path: path, reason: "larger than \(limit) bytes")
    }
    // A file of known size is read into its array at once; what has grown meanwhile, piece by piece.
    var ended = false
    var failed = false
    var bytes = [UInt8](unsafeUninitializedCapacity: expected) { buffer, filled in
      while filled < expected {
        let count = systemRead(
          descriptor, buffer.baseAddress.map { $0 + filled }, expected - filled)
        if count < 0, errno == EINTR { continue }
        failed = count < 0
        ended = count == 0
        if count <= 0 { break }
        filled += count
      }
    }
    if failed { throw .last(path) }
    guard bytes.count <= limit else {
      throw FileError(path: path, reason: "larger than \(limit) bytes")
    }
    if ended { return bytes }
    let chunk = max(min(expected, 1 << 22), 1 << 16)
    while true {
      let before = bytes.count
      var count = 0
      bytes.append(addingCapacity: chunk) { buffer in
        count = systemRead(descriptor, buffer, chunk)
        return max(count, 0)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw .last(path)
      }
      if count == 0 { return bytes }
      guard before + count <= limit else {
        throw FileError(path: path, reason: "larger than \(limit) bytes")
      }
    }
  }

  /// The first bytes of a file, at most `count`: fewer where it is shorter.
  package static func read(_ path: String, first count: Int) throws(FileError) -> [UInt8] {
    let descriptor = open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last(path) }
    defer { close(descriptor) }
    var length = 0
    let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
      length = systemRead(descriptor, buffer.baseAddress.map { UnsafeMutableRawPointer($0) }, count)
      filled = max(length, 0)
    }
    if length < 0 { throw .last(path) }
    return bytes
  }

  /// One read into a buffer behind `offset`: the bytes read, 0 at the end, less where it failed.
  static func read(
    _ descriptor: Int32, into buffer: UnsafeMutableRawBufferPointer, from offset: Int
  ) -> Int {
    systemRead(descriptor, buffer.baseAddress.map { $0 + offset }, buffer.count - offset)
  }

  /// The names in a folder, sorted by their bytes, without those that start with a dot.
  public static func list(_ path: String) throws(FileError) -> [String] {
    guard let folder = opendir(path) else { throw .last(path) }
    defer { closedir(folder) }
    var names: [String] = []
    while let entry = readdir(folder) {
      let name = withUnsafePointer(to: &entry.pointee.d_name) {
        $0.withMemoryRebound(to: CChar.self, capacity: Int(NAME_MAX) + 1) { String(cString: $0) }
      }
      if !name.hasPrefix(".") { names.append(name) }
    }
    return names.sorted { $0.utf8.lexicographicallyPrecedes($1.utf8) }
  }

  /// Writes the file whole or not at all: to a neighbour first, then renamed over it. Makes folders on the way.
  public static func write(_ bytes: [UInt8], to path: String) throws(FileError) {
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try makeFolders(String(path[..<slash]))
    }
    let temporary = path + ".partial"
    let descriptor = open(temporary, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .last(path) }
    do throws(FileError) {
      try append(bytes, to: descriptor, path: path)
    } catch {
      close(descriptor)
      unlink(temporary)
      throw error
    }
    guard close(descriptor) == 0, rename(temporary, path) == 0 else {
      let error = FileError.last(path)
      unlink(temporary)
      throw error
    }
  }

  /// Makes a file that is not there yet.
  /// - Parameter mode: who may read and write it.
  /// - Throws: `FileError` where there is one of that name, or it can't be made.
  package static func create(
    _ bytes: [UInt8], at path: String, mode: UInt32
  ) throws(FileError) {
    let descriptor = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, mode_t(mode))
    guard descriptor >= 0 else { throw .last(path) }
    defer { close(descriptor) }
    try append(bytes, to: descriptor, path: path)
  }

  /// Writes all bytes to an open descriptor.
  public static func append(
    _ bytes: [UInt8], to descriptor: Int32, path: String
  ) throws(FileError) {
    var offset = 0
    while offset < bytes.count {
      let count = bytes.withUnsafeBytes { buffer in
        systemWrite(descriptor, buffer.baseAddress.map { $0 + offset }, bytes.count - offset)
      }
      if count < 0 {
        if errno == EINTR { continue }
        throw .last(path)
      }
      offset += count
    }
  }

  /// Deletes a file, and the folders above it that this leaves empty stay.
  public static func remove(_ path: String) throws(FileError) {
    if unlink(path) != 0, errno != ENOENT { throw .last(path) }
  }

  /// Makes a folder and those above it.
  public static func makeFolders(_ path: String) throws(FileError) {
    if path.isEmpty || kind(path) == .folder { return }
    if let slash = path.lastIndex(of: "/"), slash != path.startIndex {
      try makeFolders(String(path[..<slash]))
    }
    if mkdir(path, 0o755) != 0, errno != EEXIST { throw .last(path) }
  }

  /// The folder the process works in.
  public static var workingFolder: String {
    guard let buffer = getcwd(nil, 0) else { return "." }
    defer { free(buffer) }
    return String(cString: buffer)
  }

  /// `folder/name`, without doubled slashes; `./` in front is dropped.
  public static func join(_ folder: String, _ name: String) -> String {
    if folder.isEmpty || folder == "." { return name }
    return folder.hasSuffix("/") ? folder + name : folder + "/" + name
  }

  /// A path from the root, without `.` and `..`. Links are not followed.
  static func absolute(_ path: String) -> String {
    var parts: [Substring] = []
    let whole = path.hasPrefix("/") ? path : workingFolder + "/" + path
    for part in whole.split(separator: "/") where part != "." {
      if part == ".." { _ = parts.popLast() } else { parts.append(part) }
    }
    return "/" + parts.joined(separator: "/")
  }

  /// A path as it is shown: relative to the working folder, also where it was given in full.
  public static func display(_ path: String) -> String {
    var shown = path
    while shown.hasSuffix("/"), shown.count > 1 { shown.removeLast() }
    while shown.hasPrefix("./") { shown.removeFirst(2) }
    guard shown.hasPrefix("/") else { return shown.isEmpty ? "." : shown }
    let here = workingFolder.split(separator: "/")
    let there = shown.split(separator: "/")
    let common = zip(here, there).prefix { $0 == $1 }.count
    let parts =
      Array(repeating: "..", count: here.count - common) + there[common...].map(String.init)
    return parts.isEmpty ? "." : parts.joined(separator: "/")
  }
}

private func systemRead(_ descriptor: Int32, _ buffer: UnsafeMutableRawPointer?, _ count: Int)
  -> Int
{
  #if canImport(Darwin)
  Darwin.read(descriptor, buffer, count)
  #else
  Glibc.read(descriptor, buffer, count)
  #endif
}

private func systemWrite(_ descriptor: Int32, _ buffer: UnsafeRawPointer?, _ count: Int) -> Int {
  #if canImport(Darwin)
  Darwin.write(descriptor, buffer, count)
  #else
  Glibc.write(descriptor, buffer, count)
  #endif
}

extension [UInt8] {
  /// Appends up to `capacity` bytes that `fill` writes and counts.
  mutating func append(addingCapacity capacity: Int, _ fill: (UnsafeMutableRawPointer?) -> Int) {
    let chunk = [UInt8](unsafeUninitializedCapacity: capacity) { buffer, count in
      count = Swift.min(fill(UnsafeMutableRawPointer(buffer.baseAddress)), capacity)
    }
    append(contentsOf: chunk)
  }
}

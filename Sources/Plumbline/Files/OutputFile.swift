#if canImport(Darwin)
  import Darwin
#else
  import Glibc
#endif

/// A file written piece by piece; `-` is standard output.
public final class OutputFile {
  private let path: String
  private var descriptor: Int32

  /// - Throws: `FileError` where it can't be made.
  public init(_ path: String) throws(FileError) {
    self.path = path
    descriptor =
      path == "-" ? STDOUT_FILENO : open(path, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0o644)
    guard descriptor >= 0 else { throw .last(path) }
  }

  public func write(_ bytes: [UInt8]) throws(FileError) {
    try FileSystem.append(bytes, to: descriptor, path: path)
  }

  /// Closes the file; late errors (a full disk) show here.
  public func close() throws(FileError) {
    guard path != "-", descriptor >= 0 else { return }
    let closing = descriptor
    descriptor = -1
    if fsync(closing) != 0, errno != EINVAL, errno != EROFS {
      let error = FileError.last(path)
      _ = closeDescriptor(closing)
      throw error
    }
    guard closeDescriptor(closing) == 0 else { throw .last(path) }
  }

  deinit { if path != "-", descriptor >= 0 { _ = closeDescriptor(descriptor) } }
}

private func closeDescriptor(_ descriptor: Int32) -> Int32 {
  #if canImport(Darwin)
    Darwin.close(descriptor)
  #else
    Glibc.close(descriptor)
  #endif
}

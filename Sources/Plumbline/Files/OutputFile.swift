#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// A file written piece by piece; `-` is standard output.
///
/// It stands under its name once it is whole: until `close` it is a neighbour, which is gone again where
/// the work ends early. Devices and pipes are written to as they are.
public final class OutputFile {
  private let path: String
  /// The neighbour, and the file it becomes; nil where the path is written to itself.
  private var temporary: (path: String, target: String)?
  private var descriptor: Int32

  /// - Throws: `FileError` where it can't be made.
  public init(_ path: String) throws(FileError) {
    self.path = path
    var status = stat()
    let exists = path != "-" && stat(path, &status) == 0
    if path == "-" {
      descriptor = STDOUT_FILENO
    } else if exists, status.st_mode & S_IFMT != S_IFREG {
      descriptor = open(path, O_WRONLY | O_CLOEXEC)
    } else {
      // A link stays one: what it points to is replaced.
      let target = FileSystem.resolved(path)
      if exists, access(target, W_OK) != 0 { throw .last(path) }
      var made: Int32 = -1
      for number in 0..<100 {
        let neighbour = "\(target).partial-\(getpid())-\(number)"
        made = open(neighbour, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0o644)
        if made >= 0 {
          if exists { fchmod(made, status.st_mode & 0o777) }
          temporary = (neighbour, target)
          break
        }
        if errno != EEXIST { break }
      }
      descriptor = made
    }
    guard descriptor >= 0 else { throw .last(path) }
  }

  /// Appends bytes.
  public func write(_ bytes: [UInt8]) throws(FileError) {
    try FileSystem.append(bytes, to: descriptor, path: path)
  }

  /// Gives the file its name; late errors (a full disk) show here.
  public func close() throws(FileError) {
    guard path != "-", descriptor >= 0 else { return }
    let closing = descriptor
    descriptor = -1
    if fsync(closing) != 0, errno != EINVAL, errno != EROFS {
      let error = FileError.last(path)
      _ = closeDescriptor(closing)
      drop()
      throw error
    }
    guard closeDescriptor(closing) == 0 else {
      let error = FileError.last(path)
      drop()
      throw error
    }
    guard let (neighbour, target) = temporary else { return }
    guard rename(neighbour, target) == 0 else {
      let error = FileError.last(path)
      drop()
      throw error
    }
    temporary = nil
  }

  private func drop() {
    if let temporary { unlink(temporary.path) }
    temporary = nil
  }

  deinit {
    if path != "-", descriptor >= 0 { _ = closeDescriptor(descriptor) }
    drop()
  }
}

private func closeDescriptor(_ descriptor: Int32) -> Int32 {
  #if canImport(Darwin)
  Darwin.close(descriptor)
  #else
  Glibc.close(descriptor)
  #endif
}

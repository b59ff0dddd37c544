#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// Reads a file line by line through one buffer, so that a trace of any length needs little memory.
package struct LineReader: ~Copyable {
  private let descriptor: Int32
  private let path: String
  private var buffer: UnsafeMutableRawBufferPointer
  private var start = 0
  private var end = 0
  private var atEnd = false
  /// Nothing was read yet: a byte order mark may come.
  private var isAtStart = true
  private let longest: Int

  /// - Parameter longest: a line of more bytes is refused.
  package init(_ path: String, longest: Int = 256 << 20) throws(FileError) {
    self.path = path
    self.longest = longest
    descriptor = path == "-" ? STDIN_FILENO : open(path, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { throw .last(path) }
    buffer = .allocate(byteCount: 1 << 20, alignment: 16)
  }

  deinit {
    buffer.deallocate()
    if path != "-" { close(descriptor) }
  }

  /// Hands lines (without their ends) to `body` until it returns false or the file ends.
  /// - Parameter waits: false ends it too where the next line is not there yet, and one was handed over.
  /// - Returns: whether there may be more; nil where there was nothing left to begin with.
  package mutating func next(
    waits: Bool = true, _ body: (UnsafeRawBufferPointer) -> Bool
  ) throws(FileError) -> Bool? {
    if isAtStart { try skipByteOrderMark() }
    if atEnd && start == end { return nil }
    var count = 0
    while true {
      while start < end, let base = buffer.baseAddress {
        guard let newline = memchr(base + start, 10, end - start) else { break }
        let length = UnsafeRawPointer(newline) - UnsafeRawPointer(base + start)
        let line = UnsafeRawBufferPointer(start: base + start, count: length)
        start += length + 1
        count += 1
        if !body(line) { return true }
      }
      if atEnd {
        if start < end, let base = buffer.baseAddress {
          let line = UnsafeRawBufferPointer(start: base + start, count: end - start)
          start = end
          _ = body(line)
        }
        return false
      }
      if !waits, count > 0 { return true }
      try fill()
    }
  }

  private mutating func skipByteOrderMark() throws(FileError) {
    isAtStart = false
    while end < 3, !atEnd { try fill() }
    if buffer[..<end].starts(with: [0xEF, 0xBB, 0xBF]) { start = 3 }
  }

  private mutating func fill() throws(FileError) {
    if start > 0, let base = buffer.baseAddress {
      memmove(base, base + start, end - start)
      end -= start
      start = 0
    }
    if end == buffer.count {
      guard buffer.count < longest else {
        throw FileError(path: path, reason: "a line of more than \(longest) bytes")
      }
      let larger = UnsafeMutableRawBufferPointer.allocate(
        byteCount: buffer.count * 2, alignment: 16)
      larger.copyMemory(from: UnsafeRawBufferPointer(rebasing: buffer[..<end]))
      buffer.deallocate()
      buffer = larger
    }
    while true {
      let count = FileSystem.read(descriptor, into: buffer, from: end)
      if count < 0 {
        if errno == EINTR { continue }
        throw .last(path)
      }
      if count == 0 { atEnd = true }
      end += count
      return
    }
  }
}

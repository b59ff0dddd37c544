#if canImport(Glibc)
import Glibc
#elseif canImport(Musl)
import Musl
#elseif canImport(Darwin)
import Darwin
#endif

/// Cutting bytes into lines: LF or CRLF ends one, the last may lack its end.
public struct JSONLines: Sequence, IteratorProtocol {
  /// A line without its end, valid for as long as the buffer it was cut from.
  public struct Line {
    public var bytes: UnsafeRawBufferPointer
    /// From 1.
    public var number: Int
    /// From the start of the buffer or stream.
    public var offset: Int
    /// Whether nothing but space is in it.
    public var isBlank: Bool {
      bytes.allSatisfy { $0 == 0x20 || $0 == 0x09 || $0 == 0x0D }
    }
  }

  private let buffer: UnsafeRawBufferPointer
  private var position = 0
  private var number = 0

  /// The lines of a buffer, which the caller keeps alive.
  public init(_ buffer: UnsafeRawBufferPointer) {
    self.buffer = buffer
  }

  public mutating func next() -> Line? {
    guard let base = buffer.baseAddress, position < buffer.count else { return nil }
    let start = position
    let left = buffer.count - start
    var end = buffer.count
    if let found = memchr(base + start, 0x0A, left) {
      end = UnsafeRawPointer(found) - base
    }
    position = end + 1
    number += 1
    if end > start, buffer[end - 1] == 0x0D { end -= 1 }
    return Line(
      bytes: UnsafeRawBufferPointer(rebasing: buffer[start..<end]), number: number, offset: start)
  }
}

/// Cutting a stream into lines: whole lines of a chunk are not copied, only what two chunks share.
public struct JSONLineSplitter {
  private var rest: [UInt8] = []
  private var number = 0
  private var offset = 0

  public init() {}

  /// Calls `body` with each line that ends in this chunk.
  public mutating func append<E: Error>(
    _ chunk: UnsafeRawBufferPointer, _ body: (JSONLines.Line) throws(E) -> Void
  ) throws(E) {
    guard let base = chunk.baseAddress, chunk.count > 0 else { return }
    var position = 0
    while position < chunk.count, let found = memchr(base + position, 0x0A, chunk.count - position)
    {
      let end = UnsafeRawPointer(found) - base
      let part = UnsafeRawBufferPointer(rebasing: chunk[position..<end])
      position = end + 1
      if rest.isEmpty {
        try emit(part, length: part.count + 1, body)
      } else {
        rest.append(contentsOf: part)
        let whole = rest
        rest.removeAll(keepingCapacity: true)
        try emitOwned(whole, length: whole.count + 1, body)
      }
    }
    rest.append(contentsOf: chunk[position...])
  }

  /// Calls `body` with the last line, where it lacked its end.
  public mutating func finish<E: Error>(
    _ body: (JSONLines.Line) throws(E) -> Void
  ) throws(E) {
    guard !rest.isEmpty else { return }
    let whole = rest
    rest.removeAll()
    try emitOwned(whole, length: whole.count, body)
  }

  private mutating func emitOwned<E: Error>(
    _ bytes: [UInt8], length: Int, _ body: (JSONLines.Line) throws(E) -> Void
  ) throws(E) {
    let result: Result<Void, E> = bytes.withUnsafeBytes { raw in
      do throws(E) { return .success(try emit(raw, length: length, body)) } catch {
        return .failure(error)
      }
    }
    try result.get()
  }

  private mutating func emit<E: Error>(
    _ bytes: UnsafeRawBufferPointer, length: Int, _ body: (JSONLines.Line) throws(E) -> Void
  ) throws(E) {
    number += 1
    var line = bytes
    if let last = line.last, last == 0x0D { line = .init(rebasing: line.dropLast()) }
    let start = offset
    offset += length
    try body(JSONLines.Line(bytes: line, number: number, offset: start))
  }
}

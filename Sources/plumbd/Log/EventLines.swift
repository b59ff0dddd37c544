#if Companion
import Plumbline
import PlumblineJSON
import PlumblineRuntime

/// Events of a file or of standard input, in batches of those that are there: whoever writes an event and waits
/// for its answer gets it.
struct EventLines: ~Copyable {
  struct Batch {
    var events: [Event] = []
    /// Lines that are no events: `trace:line: …`.
    var problems: [String] = []
  }

  private var reader: LineReader
  private let shown: String
  private var number = 0
  private let most: Int

  /// - Parameter most: at most so many events in a batch.
  init(_ path: String, most: Int) throws(FileError) {
    reader = try LineReader(path)
    self.most = most
    shown = path == "-" ? "standard input" : FileSystem.display(path)
  }

  /// The next ones; nil at the end.
  mutating func next() throws(FileError) -> Batch? {
    var batch = Batch()
    var number = number
    let shown = shown
    let most = most
    let more = try reader.next(waits: false) { line in
      number += 1
      if line.allSatisfy({ $0 == 32 || $0 == 9 || $0 == 13 }) { return true }
      do {
        // What is kept of an event outlives the buffer it was read from.
        batch.events.append(try TraceReader.read(try JSONDocument.parse(Array(line)).root))
      } catch let error as JSONError {
        batch.problems.append("\(shown):\(number): invalid: not JSON: \(error)")
      } catch {
        batch.problems.append("\(shown):\(number): invalid: \(error)")
      }
      return batch.events.count < most
    }
    self.number = number
    return more == nil ? nil : batch
  }
}
#endif

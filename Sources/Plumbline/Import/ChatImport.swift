import PlumblineJSON
import PlumblineRuntime

/// Turns chat transcripts, as agent frameworks log them, into traces.
///
/// One JSON object a line, with `id` and `messages`: OpenAI's form (`tool_calls`, role `tool`) or
/// Anthropic's content blocks (`tool_use`, `tool_result`).
public struct ChatImport: Sendable {
  /// The time of messages that carry none, RFC 3339.
  public let clock: String

  public init(clock: String) { self.clock = clock }

  /// A line that could not be imported, wholly or in part.
  public struct Problem: Error, Sendable, Hashable, CustomStringConvertible {
    public let line: Int
    public let message: String
    public var description: String { "line \(line): \(message)" }
  }

  /// What one conversation gave.
  public struct Conversation: Sendable {
    /// Events, a line each, without line ends.
    public let lines: [[UInt8]]
    /// Whether any of them stands at the fixed clock.
    public let usedClock: Bool
  }

  /// The clock where none is given.
  public static let epoch = "1970-01-01T00:00:00Z"

  /// Whether a text is a time the trace format takes.
  public static func isTime(_ text: String) -> Bool { TimeText.timestamp(text) != nil }

  /// The events of one conversation.
  /// - Parameters:
  ///   - bytes: the conversation's line.
  ///   - line: its 1-based number, for problems.
  /// - Throws: `Problem` where the line is no conversation.
  public func events(of bytes: [UInt8], line: Int) throws(Problem) -> Conversation {
    let document: JSONDocument
    do {
      document = try JSONDocument.parse(bytes)
    } catch {
      throw Problem(line: line, message: "not JSON: \(error.message)")
    }
    let root = document.root
    guard let messages = root["messages"], messages.kind == .array else {
      throw Problem(line: line, message: "no `messages` list")
    }
    guard let id = root["id"]?.string ?? root["id"]?.int.map(String.init) else {
      throw Problem(line: line, message: "no `id`")
    }
    var writer = Writer(caseID: id, clock: clock)
    for message in messages.elements { writer.add(message) }
    return Conversation(lines: writer.lines, usedClock: writer.usedClock)
  }

  /// Collects the events of one case.
  private struct Writer {
    let caseID: String
    let clock: String
    var lines: [[UInt8]] = []
    var callCount = 0
    var usedClock = false

    init(caseID: String, clock: String) {
      self.caseID = caseID
      self.clock = clock
    }

    mutating func add(_ message: JSONNode) {
      guard message.kind == .object, let role = message["role"]?.string else { return }
      let own = Self.time(of: message)
      if own == nil, role == "user" || role == "assistant" || role == "tool" { usedClock = true }
      let time = own ?? clock
      switch role {
      case "user", "human": addUser(message, time)
      case "assistant": addAgent(message, time)
      case "tool":
        addResult(
          of: message["tool_call_id"]?.string ?? "", content: message["content"],
          isError: message["is_error"]?.bool ?? false, time)
      // System and developer texts instruct the agent; they are not part of the case.
      default: break
      }
    }

    /// Tool results come back inside a user's message in the form with content blocks.
    private mutating func addUser(_ message: JSONNode, _ time: String) {
      if let content = message["content"], content.kind == .array {
        for block in content.elements where block["type"]?.string == "tool_result" {
          addResult(
            of: block["tool_use_id"]?.string ?? "", content: block["content"],
            isError: block["is_error"]?.bool ?? false, time)
        }
      }
      addText(message["content"], from: "user", time)
    }

    private mutating func addAgent(_ message: JSONNode, _ time: String) {
      addText(message["content"], from: "agent", time)
      if let content = message["content"], content.kind == .array {
        for block in content.elements where block["type"]?.string == "tool_use" {
          addCall(id: block["id"]?.string, name: block["name"]?.string, block["input"], time)
        }
      }
      for call in message["tool_calls"]?.elements.map({ $0 }) ?? [] {
        let function = call["function"]
        addCall(
          id: call["id"]?.string, name: function?["name"]?.string, function?["arguments"], time)
      }
    }

    private mutating func addText(_ content: JSONNode?, from speaker: String, _ time: String) {
      let text = Self.text(content)
      guard !text.isEmpty else { return }
      emit(time, "message", [("from", .string(speaker)), ("text", .string(text))])
    }

    private mutating func addCall(
      id: String?, name: String?, _ arguments: JSONNode?, _ time: String
    ) {
      callCount += 1
      var shown: JSON = .null
      if let arguments {
        if let text = arguments.string {
          // The model wrote JSON text; what is no JSON stays a string, which the guard calls invalid.
          if let parsed = try? JSONDocument.parse(Array(text.utf8)) {
            shown = JSON(parsed.root)
          } else {
            shown = .string(text)
          }
        } else {
          shown = JSON(arguments)
        }
      }
      emit(
        time, "propose",
        [
          ("id", .string(id ?? "call-\(callCount)")),
          ("action", .string(name ?? "")), ("args", shown),
        ])
    }

    private mutating func addResult(
      of id: String, content: JSONNode?, isError: Bool, _ time: String
    ) {
      let text = Self.text(content)
      var fields: [(String, JSON)] = [("of", .string(id))]
      if isError || text.hasPrefix("Error") {
        fields.append(
          (
            "error",
            .object([
              JSON.Member("message", .string(text)), JSON.Member("effect", .string("none")),
            ])
          ))
      } else if let content, content.kind == .object {
        fields.append(("result", JSON(content)))
      } else if let parsed = try? JSONDocument.parse(Array(text.utf8)) {
        fields.append(("result", JSON(parsed.root)))
      } else {
        fields.append(("result", .string(text)))
      }
      emit(time, "result", fields)
    }

    private mutating func emit(_ time: String, _ type: String, _ fields: [(String, JSON)]) {
      let all: [(String, JSON)] =
        [("case", .string(caseID)), ("time", .string(time)), ("type", .string(type))] + fields
      lines.append(JSON.object(all.map { .init($0.0, $0.1) }).compact)
    }

    /// A text, or the text blocks of a list, joined by line breaks.
    static func text(_ content: JSONNode?) -> String {
      guard let content else { return "" }
      if let text = content.string { return text }
      guard content.kind == .array else { return "" }
      return content.elements.compactMap { block in
        block.string ?? (block["type"]?.string == "text" ? block["text"]?.string : nil)
      }.joined(separator: "\n")
    }

    /// RFC 3339 text of the message's own time, if it has one.
    static func time(of message: JSONNode) -> String? {
      for key in ["timestamp", "time", "created_at"] {
        if let text = message[key]?.string, ChatImport.isTime(text) { return text }
      }
      return nil
    }
  }
}

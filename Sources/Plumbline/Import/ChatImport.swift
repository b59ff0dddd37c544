import CEL
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
    /// What was left out of the trace, and why.
    public let problems: [Problem]
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
    return Conversation(
      lines: writer.lines, usedClock: writer.usedClock,
      problems: writer.problems.map { Problem(line: line, message: $0) })
  }

  /// Collects the events of one case.
  private struct Writer {
    let caseID: String
    let clock: String
    var lines: [[UInt8]] = []
    var callCount = 0
    var usedClock = false
    var problems: [String] = []
    /// The message that is read, counted from 1.
    private var number = 0
    /// Calls in the form before `tool_calls`, which have no id: those of each name without an answer.
    private var unnamedCalls: [String: [String]] = [:]

    init(caseID: String, clock: String) {
      self.caseID = caseID
      self.clock = clock
    }

    mutating func add(_ message: JSONNode) {
      number += 1
      guard message.kind == .object, let role = message["role"]?.string else {
        return leaveOut("it has no `role`")
      }
      switch role {
      case "user", "human": addUser(message, time(of: message))
      case "assistant": addAgent(message, time(of: message))
      case "tool":
        addResult(
          of: message["tool_call_id"]?.string ?? "", content: message["content"],
          isError: message["is_error"]?.bool ?? false, time(of: message))
      case "function":
        let name = message["name"]?.string ?? ""
        addResult(
          of: unnamedCalls[name]?.popLast() ?? "", content: message["content"], isError: false,
          time(of: message))
      // They instruct the agent; they are not part of the case.
      case "system", "developer": break
      default: leaveOut("nobody knows the role `\(role)`")
      }
    }

    private mutating func leaveOut(_ why: String) {
      problems.append("message \(number) was left out: \(why)")
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
      if let refusal = message["refusal"]?.string, !refusal.isEmpty {
        emit(time, "message", [("from", .string("agent")), ("text", .string(refusal))])
      }
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
      if let call = message["function_call"], call.kind == .object {
        let name = call["name"]?.string
        addCall(id: nil, name: name, call["arguments"], time)
        unnamedCalls[name ?? "", default: []].append("call-\(callCount)")
      }
    }

    private mutating func addText(_ content: JSONNode?, from speaker: String, _ time: String) {
      if let content {
        switch content.kind {
        case .string, .null: break
        case .array: tellParts(content)
        default: leaveOut("its `content` is neither text nor a list of parts")
        }
      }
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
      if let content, content.kind == .array { tellParts(content) }
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

    /// Parts that are neither text nor calls and their answers.
    private mutating func tellParts(_ content: JSONNode) {
      for part in content.elements where part.string == nil {
        switch part["type"]?.string {
        case "text", "input_text", "output_text", "refusal", "tool_use", "tool_result": break
        // What a model thinks is no part of the case.
        case "thinking", "redacted_thinking", "reasoning": break
        case let type:
          problems.append(
            "a part of message \(number) was left out: "
              + (type.map { "a trace has no `\($0)`" } ?? "it has no `type`"))
        }
      }
    }

    /// A text, or the text blocks of a list, joined by line breaks.
    static func text(_ content: JSONNode?) -> String {
      guard let content else { return "" }
      if let text = content.string { return text }
      guard content.kind == .array else { return "" }
      return content.elements.compactMap { block in
        if let text = block.string { return text }
        switch block["type"]?.string {
        case "text", "input_text", "output_text": return block["text"]?.string
        case "refusal": return block["refusal"]?.string
        default: return nil
        }
      }.joined(separator: "\n")
    }

    /// The message's own time as RFC 3339, else the clock. Numbers are seconds since 1970, or milliseconds
    /// where seconds would be thousands of years away.
    private mutating func time(of message: JSONNode) -> String {
      for key in ["timestamp", "time", "created_at", "created"] {
        guard let value = message[key], value.kind != .null else { continue }
        if let text = value.string, ChatImport.isTime(text) { return text }
        if let since = value.double, let time = Self.time(since) { return time }
        problems.append("the time of message \(number) was left out: `\(key)` is no time")
      }
      usedClock = true
      return clock
    }

    private static func time(_ since: Double) -> String? {
      let seconds = abs(since) < 1e11 ? since : since / 1000
      guard seconds.isFinite, abs(seconds) < 1e11 else { return nil }
      let milliseconds = Int64((seconds * 1000).rounded())
      let whole = milliseconds >= 0 ? milliseconds / 1000 : (milliseconds - 999) / 1000
      let time = Timestamp(
        seconds: whole, nanoseconds: Int32((milliseconds - whole * 1000) * 1_000_000))
      let text = TimeText.text(time)
      return ChatImport.isTime(text) ? text : nil
    }
  }
}

import Foundation

/// A JSON value, read with Foundation alone: the second opinion shares no code with the guard.
enum Plain: Equatable {
  case null
  case number(Double)
  case text(String)
  case list([Plain])
  case record([String: Plain])

  init(_ any: Any) {
    switch any {
    case let value as String: self = .text(value)
    case let value as NSNumber: self = .number(value.doubleValue)
    case let value as [Any]: self = .list(value.map(Plain.init))
    case let value as [String: Any]: self = .record(value.mapValues(Plain.init))
    default: self = .null
    }
  }

  init?(json: String) {
    guard
      let any = try? JSONSerialization.jsonObject(
        with: Data(json.utf8), options: [.fragmentsAllowed])
    else { return nil }
    self.init(any)
  }

  subscript(key: String) -> Plain {
    if case .record(let fields) = self { return fields[key] ?? .null }
    return .null
  }

  var string: String { if case .text(let value) = self { return value } else { return "" } }
  var double: Double { if case .number(let value) = self { return value } else { return .nan } }
  var array: [Plain] { if case .list(let items) = self { return items } else { return [] } }
  var keys: [String] {
    if case .record(let fields) = self { return fields.keys.sorted() } else { return [] }
  }

  func with(_ key: String, _ value: Plain) -> Plain {
    guard case .record(var fields) = self else { return self }
    fields[key] = value
    return .record(fields)
  }
}

/// One recorded conversation.
struct RecordedRun {
  struct Message {
    var role: String
    var content: String?
    var calls: [(name: String, arguments: Plain)]
  }

  var id: String
  var reward: Double
  var messages: [Message]

  init(_ line: Plain) {
    id = line["id"].string
    reward = line["reward"].double
    messages = line["messages"].array.map { message in
      let calls = message["tool_calls"].array.map { call in
        (
          name: call["function"]["name"].string,
          arguments: Plain(json: call["function"]["arguments"].string) ?? .null
        )
      }
      var content: String?
      if case .text(let text) = message["content"] { content = text }
      return Message(role: message["role"].string, content: content, calls: calls)
    }
  }
}

/// The shared recordings, where they are at hand.
enum Recordings {
  /// The package's own folder, found from this file.
  static let package = URL(fileURLWithPath: #filePath)
    .deletingLastPathComponent().deletingLastPathComponent().deletingLastPathComponent()

  /// `../shared/airline` beside the package.
  static let folder = package.deletingLastPathComponent().appendingPathComponent("shared/airline")

  static var available: Bool {
    FileManager.default.fileExists(atPath: folder.appendingPathComponent("runs.jsonl").path)
  }

  static func runs() throws -> [RecordedRun] {
    let text = try String(contentsOf: folder.appendingPathComponent("runs.jsonl"), encoding: .utf8)
    return text.split(separator: "\n").compactMap { Plain(json: String($0)).map(RecordedRun.init) }
  }

  static func database() throws -> Plain {
    let process = Process()
    process.executableURL = URL(fileURLWithPath: "/usr/bin/env")
    process.arguments = ["gunzip", "-c", folder.appendingPathComponent("db.json.gz").path]
    let pipe = Pipe()
    process.standardOutput = pipe
    try process.run()
    let data = pipe.fileHandleForReading.readDataToEndOfFile()
    process.waitUntilExit()
    return Plain(try JSONSerialization.jsonObject(with: data))
  }
}

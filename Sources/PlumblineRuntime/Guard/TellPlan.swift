import CEL
import PlumblineBundle

/// The pieces of a text with `${CEL}` in it.
public struct TellTemplate: Sendable {
  public enum Piece: Sendable, Hashable {
    case text(String)
    /// An expression, and the UTF-8 offset of its first character in the whole text.
    case expression(String, offset: Int)
    /// A `${` that nothing closes, at this offset.
    case unterminated(offset: Int)
  }

  /// Splits a text. Braces inside an expression nest, those inside its string literals do not count.
  public static func parse(_ text: String) -> [Piece] {
    let bytes = Array(text.utf8)
    var pieces: [Piece] = []
    var plain: [UInt8] = []
    var index = 0
    func flush() {
      if !plain.isEmpty { pieces.append(.text(String(decoding: plain, as: UTF8.self))) }
      plain = []
    }
    while index < bytes.count {
      guard bytes[index] == UInt8(ascii: "$"), index + 1 < bytes.count,
        bytes[index + 1] == UInt8(ascii: "{")
      else {
        plain.append(bytes[index])
        index += 1
        continue
      }
      flush()
      let start = index + 2
      guard let end = close(bytes, from: start) else {
        pieces.append(.unterminated(offset: index))
        return pieces
      }
      pieces.append(
        .expression(String(decoding: bytes[start..<end], as: UTF8.self), offset: start))
      index = end + 1
    }
    flush()
    return pieces
  }

  private static func close(_ bytes: [UInt8], from start: Int) -> Int? {
    var depth = 0
    var quote: UInt8?
    var index = start
    while index < bytes.count {
      let byte = bytes[index]
      if let open = quote {
        if byte == UInt8(ascii: "\\") {
          index += 1
        } else if byte == open {
          quote = nil
        }
      } else if byte == UInt8(ascii: "\"") || byte == UInt8(ascii: "'") {
        quote = byte
      } else if byte == UInt8(ascii: "{") {
        depth += 1
      } else if byte == UInt8(ascii: "}") {
        if depth == 0 { return index }
        depth -= 1
      }
      index += 1
    }
    return nil
  }
}

/// A `tell`, compiled.
final class TellPlan: Sendable {
  private enum Piece: Sendable {
    case text(String)
    case value(Condition)
  }
  private let pieces: [Piece]

  init(_ text: ExpressionText, context: SpecScope.Context, scope: SpecScope) {
    pieces = TellTemplate.parse(text.text).map { piece in
      switch piece {
      case .text(let text): .text(text)
      case .expression(let expression, _):
        .value(scope.condition(ExpressionText(expression), in: context))
      case .unterminated: .text("${")
      }
    }
  }

  /// A value, unless it carries the text of a message or something sensitive.
  private func shown(_ condition: Condition, _ activation: GuardActivation) -> String {
    if let checked = condition.checked {
      let kind = ValueMask(checked, activation.guardian, action: activation.action)
        .value(of: checked.root)
      if kind != .open { return kind.words }
    }
    return ValueJSON.text(condition.value(activation))
  }

  func text(_ activation: GuardActivation) -> String {
    var result = ""
    for piece in pieces {
      switch piece {
      case .text(let text): result += text
      case .value(let condition): result += shown(condition, activation)
      }
    }
    return result
  }
}

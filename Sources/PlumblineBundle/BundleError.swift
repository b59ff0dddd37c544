/// Why a text is no bundle that can be used, and where in it.
public struct BundleError: Error, Sendable, Hashable, CustomStringConvertible {
  /// The place as a JSON Pointer; empty for the whole.
  public var path: String
  /// Plain words, lowercase, without a final period.
  public var message: String
  public init(path: String, message: String) {
    self.path = path
    self.message = message
  }
  public var description: String { path.isEmpty ? message : "\(path): \(message)" }

  /// The same, seen from one level up.
  func under(_ step: String) -> BundleError {
    let escaped = step.contains { $0 == "~" || $0 == "/" } ? JSONPointer.escape(step) : step
    return BundleError(path: "/\(escaped)\(path)", message: message)
  }
}

/// Parts of JSON Pointers (RFC 6901).
enum JSONPointer {
  /// A key as a step of a pointer.
  static func escape(_ step: String) -> String {
    var out = ""
    for character in step.unicodeScalars {
      switch character {
      case "~": out += "~0"
      case "/": out += "~1"
      default: out.unicodeScalars.append(character)
      }
    }
    return out
  }

  /// A step of a pointer as a key.
  static func unescape(_ step: some StringProtocol) -> String {
    var out = ""
    var tilde = false
    for character in step.unicodeScalars {
      if tilde {
        tilde = false
        if character == "0" {
          out += "~"
        } else if character == "1" {
          out += "/"
        } else {
          out += "~"
          out.unicodeScalars.append(character)
        }
      } else if character == "~" {
        tilde = true
      } else {
        out.unicodeScalars.append(character)
      }
    }
    return tilde ? out + "~" : out
  }
}

/// Diagnostics for code review tools: SARIF 2.1.0.
public enum SARIFRenderer {
  /// A SARIF log with one run: all diagnostics, sorted, each once, paths relative.
  public static func render(
    _ diagnostics: [Diagnostic], in sources: SourceSet, version: String? = nil
  ) -> String {
    let list = DiagnosticList(diagnostics, limit: .max).shown
    let codes = Array(Set(list.map(\.code))).sorted()
    let indices = Dictionary(uniqueKeysWithValues: zip(codes, codes.indices))
    var json = JSONText()
    json.object { json in
      json.field("$schema", "https://json.schemastore.org/sarif-2.1.0.json")
      json.field("version", "2.1.0")
      json.field("runs", each: [()]) { json, _ in
        json.object { json in
          json.field("tool") { json in
            json.field("driver") { json in
              json.field("name", "plumb")
              if let version { json.field("version", version) }
              json.field("rules", each: codes) { json, code in
                json.object { $0.field("id", code) }
              }
            }
          }
          json.field("columnKind", "unicodeCodePoints")
          json.field("results", each: list) { json, diagnostic in
            json.object { json in
              result(diagnostic, rule: indices[diagnostic.code] ?? -1, sources, &json)
            }
          }
        }
      }
    }
    return json.text + "\n"
  }

  private static func result(
    _ diagnostic: Diagnostic, rule: Int, _ sources: SourceSet, _ json: inout JSONText
  ) {
    json.field("ruleId", diagnostic.code)
    json.field("ruleIndex", rule)
    // SARIF's levels have the same names as our severities.
    json.field("level", diagnostic.severity.rawValue)
    json.field("message") { json in
      let help = diagnostic.help.map { " (help: \($0))" } ?? ""
      json.field("text", diagnostic.message + help)
    }
    let places = sources[diagnostic.range.file] == nil ? [] : [diagnostic.range]
    json.field("locations", each: places) { json, range in
      json.object { location(range, sources, &$0) }
    }
    let notes = diagnostic.notes.filter { sources[$0.range.file] != nil }
    guard !notes.isEmpty else { return }
    json.field("relatedLocations", each: Array(notes.enumerated())) { json, item in
      json.object { json in
        json.field("id", item.offset)
        json.field("message") { $0.field("text", item.element.message) }
        location(item.element.range, sources, &json)
      }
    }
  }

  private static func location(
    _ range: SourceRange, _ sources: SourceSet, _ json: inout JSONText
  ) {
    let place = Place(range, in: sources)
    json.field("physicalLocation") { json in
      json.field("artifactLocation") { $0.field("uri", uri(place.path)) }
      json.field("region") { json in
        json.field("startLine", place.line)
        json.field("startColumn", place.column)
        json.field("endLine", place.endLine)
        json.field("endColumn", place.endColumn)
      }
    }
  }

  /// A path as a relative URI reference.
  static func uri(_ path: String) -> String {
    var output = ""
    // A path from the root would tell about the machine: the file's name remains.
    let relative = path.hasPrefix("/") ? path.split(separator: "/").last.map(String.init) : path
    for byte in (relative ?? "").utf8 {
      switch byte {
      case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
        UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "/"), UInt8(ascii: "."),
        UInt8(ascii: "-"), UInt8(ascii: "_"), UInt8(ascii: "~"):
        output.unicodeScalars.append(Unicode.Scalar(byte))
      default:
        let digits = String(byte, radix: 16, uppercase: true)
        output += "%" + (digits.count < 2 ? "0" : "") + digits
      }
    }
    return output
  }
}

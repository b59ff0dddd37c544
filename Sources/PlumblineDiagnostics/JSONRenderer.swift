/// Diagnostics for programs: one JSON array.
public enum JSONRenderer {
  /// An array of `{code,severity,message,file,line,column,endLine,endColumn,help,notes}`: lines and
  /// columns 1-based, columns in code points, ends exclusive, `help` null if there is none, `notes` a list of
  /// `{message,file,line,column}`. All diagnostics are there, sorted, each once.
  public static func render(_ diagnostics: [Diagnostic], in sources: SourceSet) -> String {
    var json = JSONText()
    json.array(DiagnosticList(diagnostics, limit: .max).shown) { json, diagnostic in
      let place = Place(diagnostic.range, in: sources)
      json.object { json in
        json.field("code", diagnostic.code)
        json.field("severity", diagnostic.severity.rawValue)
        json.field("message", diagnostic.message)
        json.field("file", place.path)
        json.field("line", place.line)
        json.field("column", place.column)
        json.field("endLine", place.endLine)
        json.field("endColumn", place.endColumn)
        json.field("help", diagnostic.help)
        json.field("notes", each: diagnostic.notes) { json, note in
          let place = Place(note.range, in: sources)
          json.object { json in
            json.field("message", note.message)
            json.field("file", place.path)
            json.field("line", place.line)
            json.field("column", place.column)
          }
        }
      }
    }
    return json.text + "\n"
  }
}

/// A range as lines and columns.
struct Place {
  var path = ""
  var line = 1
  var column = 1
  var endLine = 1
  var endColumn = 1

  init(_ range: SourceRange, in sources: SourceSet) {
    guard let file = sources[range.file] else { return }
    path = file.path
    (line, column) = file.position(at: range.start)
    (endLine, endColumn) = file.position(at: max(range.start, range.end))
  }
}

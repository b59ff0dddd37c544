/// Diagnostics for people: `file:line:column: error: message [code]`, the line, and a mark under it.
public enum TextRenderer {
  /// The most columns of a source line that are shown.
  private static let width = 100

  /// Renders diagnostics, sorted, each once; says how many more there are than the limit.
  public static func render(
    _ diagnostics: [Diagnostic], in sources: SourceSet, color: Bool,
    limit: Int = DiagnosticList.defaultLimit
  ) -> String {
    let list = DiagnosticList(diagnostics, limit: limit)
    var output = ""
    for diagnostic in list.shown {
      heading(
        diagnostic.severity, diagnostic.message, code: diagnostic.code, at: diagnostic.range,
        in: sources, color: color, to: &output)
      if let help = diagnostic.help {
        output += "  " + styled("help:", "36", color) + " " + clean(help) + "\n"
      }
      for note in diagnostic.notes {
        heading(
          .note, note.message, code: nil, at: note.range, in: sources, color: color, to: &output)
      }
    }
    if list.omitted > 0 {
      output += "… and \(list.omitted) more\n"
    }
    return output
  }

  private static func heading(
    _ severity: Severity, _ message: String, code: String?, at range: SourceRange,
    in sources: SourceSet, color: Bool, to output: inout String
  ) {
    let file = sources[range.file]
    if let file {
      let (line, column) = file.position(at: range.start)
      output += styled("\(clean(file.path)):\(line):\(column):", "1", color) + " "
    }
    let tint =
      switch severity {
      case .error: "1;31"
      case .warning: "1;33"
      case .note: "1;36"
      }
    output +=
      styled("\(severity.rawValue):", tint, color) + " " + styled(clean(message), "1", color)
    if let code { output += " [\(code)]" }
    output += "\n"
    if let file { excerpt(file, range, color: color, to: &output) }
  }

  private static func styled(_ text: String, _ style: String, _ color: Bool) -> String {
    color ? "\u{1B}[\(style)m\(text)\u{1B}[0m" : text
  }

  /// Text of a spec must not steer the terminal.
  private static func clean(_ text: String) -> String {
    guard text.unicodeScalars.contains(where: isHidden) else { return text }
    return String(String.UnicodeScalarView(text.unicodeScalars.map { isHidden($0) ? " " : $0 }))
  }

  private static func isHidden(_ scalar: Unicode.Scalar) -> Bool {
    switch scalar.value {
    case 0..<0x20, 0x7F..<0xA0, 0x200B...0x200F, 0x2028...0x202E, 0x2066...0x2069, 0xFEFF: true
    default: false
    }
  }

  // MARK: The line and its mark

  /// One character as shown.
  private struct Cell {
    var text: String
    var width: Int
    /// Where it stands in the file.
    var offset: Int
  }

  private static func excerpt(
    _ file: SourceFile, _ range: SourceRange, color: Bool, to output: inout String
  ) {
    // An empty place at the start stands for the file as a whole.
    guard range.end > 0 else { return }
    let start = min(max(Int(range.start), 0), file.bytes.count)
    guard let line = file.byteRange(ofLine: file.position(at: Int32(start)).line) else { return }
    let end = min(max(Int(range.end), start), max(line.upperBound, start))
    // A line may be megabytes long: look at what can be shown only.
    let near = 8 * width
    var low = max(line.lowerBound, start - near)
    var high = min(line.upperBound, start + near)
    while low > line.lowerBound, file.bytes[low] & 0xC0 == 0x80 { low -= 1 }
    while high < line.upperBound, file.bytes[high] & 0xC0 == 0x80 { high += 1 }
    guard low <= high else { return }
    var cells = cells(file.bytes, low..<high)
    guard cells.contains(where: { $0.text != " " }) else { return }
    clip(
      &cells, around: start, cutBefore: low > line.lowerBound, cutAfter: high < line.upperBound)

    var text = ""
    var mark = ""
    var marked = 0
    for cell in cells {
      text += cell.text
      if cell.offset < start {
        mark += String(repeating: " ", count: cell.width)
      } else if cell.offset < end, cell.width > 0 {
        mark += String(repeating: "~", count: cell.width)
        marked += cell.width
      }
    }
    // An empty place, or one at the end of the line, has a mark as well.
    let under =
      marked == 0
      ? mark + "^" : String(mark.dropLast(marked)) + "^" + String(repeating: "~", count: marked - 1)
    while text.last == " " { text.removeLast() }
    output += "    \(text)\n"
    let blank = under.prefix { $0 == " " }
    output += "    \(blank)" + styled(String(under.dropFirst(blank.count)), "32", color) + "\n"
  }

  private static func cells(_ bytes: [UInt8], _ range: Range<Int>) -> [Cell] {
    var cells: [Cell] = []
    var column = 0
    var offset = range.lowerBound
    for scalar in String(decoding: bytes[range], as: UTF8.self).unicodeScalars {
      var cell = Cell(text: String(scalar), width: width(of: scalar), offset: offset)
      if scalar == "\t" {
        cell.width = 4 - column % 4
        cell.text = String(repeating: " ", count: cell.width)
      } else if scalar == "\u{FEFF}" {
        cell.text = ""
        cell.width = 0
      } else if isHidden(scalar) {
        cell.text = "·"
        cell.width = 1
      }
      column += cell.width
      cells.append(cell)
      // Broken bytes decode to a character of another length.
      offset += scalar == "\u{FFFD}" ? replacedLength(bytes, offset) : UTF8.width(scalar)
    }
    return cells
  }

  private static func replacedLength(_ bytes: [UInt8], _ offset: Int) -> Int {
    let isReal = bytes[offset...].starts(with: [0xEF, 0xBF, 0xBD])
    return isReal ? 3 : 1
  }

  private static func clip(
    _ cells: inout [Cell], around start: Int, cutBefore: Bool, cutAfter: Bool
  ) {
    let total = cells.reduce(0) { $0 + $1.width }
    let at = cells.firstIndex { $0.offset >= start } ?? cells.count
    var (first, last) = (0, cells.count)
    if total > width {
      // A third of the room before the place, the rest after it.
      var room = width / 3
      first = at
      while first > 0, room > 0 {
        first -= 1
        room -= cells[first].width
      }
      room = width
      last = first
      while last < cells.count, room > 0 {
        room -= cells[last].width
        last += 1
      }
    }
    let before = cutBefore || first > 0
    let after = cutAfter || last < cells.count
    let firstOffset = first < cells.count ? cells[first].offset : start
    cells = Array(cells[first..<last])
    if before {
      cells.insert(Cell(text: "…", width: 1, offset: min(firstOffset, start) - 1), at: 0)
    }
    if after { cells.append(Cell(text: "…", width: 1, offset: Int.max)) }
  }

  /// How many columns a terminal gives a character.
  private static func width(of scalar: Unicode.Scalar) -> Int {
    switch scalar.value {
    case 0x20..<0x300: return 1
    case 0x1100...0x115F, 0x2E80...0x303E, 0x3041...0x33FF, 0x3400...0x4DBF, 0x4E00...0x9FFF,
      0xA000...0xA4CF, 0xAC00...0xD7A3, 0xF900...0xFAFF, 0xFE30...0xFE4F, 0xFF00...0xFF60,
      0xFFE0...0xFFE6, 0x1F300...0x1F64F, 0x1F900...0x1F9FF, 0x2_0000...0x3_FFFD:
      return 2
    default: break
    }
    switch scalar.properties.generalCategory {
    case .nonspacingMark, .enclosingMark: return 0
    default: return 1
    }
  }
}

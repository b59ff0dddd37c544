import PlumblineJSON

/// Reads the records of a CSV file (RFC 4180), strictly: what is no such file is refused where it stops
/// being one, so that no cell slides into another.
struct CSVReader {
  /// A cell: where its text is written, without its quotes.
  struct Cell {
    var range: Range<Int>
    var quoted = false
    /// Holds doubled quotes.
    var doubled = false
  }

  private let bytes: [UInt8]
  private let delimiter: UInt8
  private let places: LogPlaces
  private var position: Int
  /// The cells of the record that was read last.
  private(set) var cells: [Cell] = []
  /// Where that record starts.
  private(set) var start = 0

  init(_ bytes: [UInt8], delimiter: UInt8, places: LogPlaces) {
    self.bytes = bytes
    self.delimiter = delimiter
    self.places = places
    position = LogImport.start(of: bytes)
  }

  /// Reads the next record that is no empty line.
  /// - Returns: false at the end of the file.
  mutating func next() throws(LogImport.Problem) -> Bool {
    while position < bytes.count {
      start = position
      try record()
      if cells.count > 1 || cells[0].quoted || !cells[0].range.isEmpty { return true }
    }
    return false
  }

  /// The text of a cell.
  func text(_ cell: Cell) -> String {
    guard cell.doubled else { return String(decoding: bytes[cell.range], as: UTF8.self) }
    var out: [UInt8] = []
    out.reserveCapacity(cell.range.count)
    var index = cell.range.lowerBound
    while index < cell.range.upperBound {
      out.append(bytes[index])
      // INVARIANT: within a quoted cell each quote stands twice.
      index += bytes[index] == 0x22 ? 2 : 1
    }
    return String(decoding: out, as: UTF8.self)
  }

  private mutating func record() throws(LogImport.Problem) {
    cells.removeAll(keepingCapacity: true)
    while true {
      cells.append(try cell())
      guard position < bytes.count else { return }
      let end = bytes[position]
      position += 1
      if end == delimiter { continue }
      // The cell saw to it that a line feed follows a carriage return.
      if end == 0x0D { position += 1 }
      return
    }
  }

  /// Reads up to the delimiter or the end of the line behind the cell.
  private mutating func cell() throws(LogImport.Problem) -> Cell {
    if position < bytes.count, bytes[position] == 0x22 { return try quotedCell() }
    let from = position
    while position < bytes.count {
      let byte = bytes[position]
      if byte == delimiter || byte == 0x0A { break }
      if byte == 0x22 {
        throw places.problem(
          at: position, "a quote within a cell that starts without one",
          help: "put the whole cell in quotes and write quotes in it twice")
      }
      if byte == 0x0D {
        try checkLineFeed()
        break
      }
      position += 1
    }
    return Cell(range: from..<position)
  }

  private mutating func quotedCell() throws(LogImport.Problem) -> Cell {
    let opening = position
    position += 1
    var cell = Cell(range: position..<position, quoted: true)
    while true {
      guard position < bytes.count else {
        throw places.problem(at: opening, "a quoted cell that does not end")
      }
      if bytes[position] != 0x22 {
        position += 1
      } else if position + 1 < bytes.count, bytes[position + 1] == 0x22 {
        cell.doubled = true
        position += 2
      } else {
        break
      }
    }
    cell.range = opening + 1..<position
    position += 1
    guard position < bytes.count else { return cell }
    if bytes[position] == 0x0D { try checkLineFeed() }
    guard bytes[position] == delimiter || bytes[position] == 0x0A || bytes[position] == 0x0D else {
      throw places.problem(
        at: position, "text behind the end of a quoted cell",
        help: "write quotes within a quoted cell twice; or give another --delimiter")
    }
    return cell
  }

  private func checkLineFeed() throws(LogImport.Problem) {
    guard position + 1 < bytes.count, bytes[position + 1] == 0x0A else {
      throw places.problem(
        at: position, "a carriage return without a line feed",
        help: "end lines with LF or CRLF, or put the cell in quotes")
    }
  }
}

extension LogImport {
  func readCSV(_ bytes: [UInt8], _ places: LogPlaces, _ trace: inout LogTrace) throws(Problem) {
    var reader = CSVReader(bytes, delimiter: delimiter, places: places)
    guard try reader.next() else {
      throw places.problem(at: 0, "an empty file; its first line must name the columns")
    }
    let names = reader.cells.map { reader.text($0) }
    var seen: Set<String> = []
    for (index, name) in names.enumerated() where !seen.insert(name).inserted {
      throw places.problem(
        at: reader.cells[index].range.lowerBound, "two columns are named `\(LogText.clip(name))`")
    }
    let columns: LogColumns
    switch LogColumns.find(in: names, for: self, what: "column") {
    case .success(let found): columns = found
    case .failure(let error):
      let alone = names.count == 1 ? "; is another --delimiter meant?" : ""
      throw places.problem(at: reader.start, error.message, help: error.help + alone)
    }
    // The columns that go to `data`, each with its key as JSON writes it.
    let others = names.indices.filter {
      $0 != columns.caseID && $0 != columns.activity && $0 != columns.time
    }.map { (index: $0, key: JSON.string(names[$0]).compact + [0x3A]) }
    while try reader.next() {
      row(reader, columns, names.count, others, places, &trace)
    }
  }

  private func row(
    _ reader: CSVReader, _ columns: LogColumns, _ width: Int,
    _ others: [(index: Int, key: [UInt8])], _ places: LogPlaces, _ trace: inout LogTrace
  ) {
    let cells = reader.cells
    guard cells.count == width else {
      return trace.leaveOut(
        places.problem(
          at: reader.start, "a row of \(cells.count) cells; the header names \(width) columns"))
    }
    let caseID = reader.text(cells[columns.caseID])
    let activity = reader.text(cells[columns.activity])
    for (text, column, what) in [
      (caseID, columns.caseID, "case"), (activity, columns.activity, "activity"),
    ] where text.isEmpty {
      return trace.leaveOut(
        places.problem(at: cells[column].range.lowerBound, "a row without its \(what)"))
    }
    let written = reader.text(cells[columns.time])
    guard let time = LogTime.read(written, zoneMinutes: trace.zoneMinutes) else {
      return trace.leaveOut(
        Self.timeProblem(written, at: cells[columns.time].range.lowerBound, places))
    }
    if let lifecycle, let column = columns.lifecycle,
      reader.text(cells[column]).lowercased() != lifecycle.lowercased()
    {
      return trace.filterOut()
    }
    trace.add(case: caseID, activity: activity, time: time) { out in
      var first = true
      for other in others {
        let cell = cells[other.index]
        // A log has no other way to say that there is no value.
        if cell.range.isEmpty, !cell.quoted { continue }
        if !first { out.append(0x2C) }
        first = false
        out.append(contentsOf: other.key)
        JSONWriter.append(reader.text(cell), to: &out)
      }
    }
  }

  static func timeProblem(_ written: String, at offset: Int, _ places: LogPlaces) -> Problem {
    if written.isEmpty { return places.problem(at: offset, "an event without its time") }
    return places.problem(
      at: offset, "`\(LogText.clip(written))` is no time such as 2026-01-31T10:00:00Z")
  }
}

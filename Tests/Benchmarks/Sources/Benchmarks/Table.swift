/// One line of the report.
struct Line {
  var what: String
  var value: String
  var baseline: String
  var ratio: String
  var goal: String
  var holds: Bool?
}

/// The report, as a table of Markdown.
struct Table {
  var lines: [Line] = []

  /// What was to be reached, and is not. An aim is no such thing.
  var missed: [Line] { lines.filter { $0.holds == false && !$0.goal.hasPrefix("aim") } }

  mutating func add(
    _ what: String, _ value: String, baseline: String = "", ratio: String = "", goal: String = "",
    holds: Bool? = nil
  ) {
    let line = Line(
      what: what, value: value, baseline: baseline, ratio: ratio, goal: goal, holds: holds)
    lines.append(line)
    print(Self.text(line))
  }

  static let head = """
    | measured | value | baseline | ratio | goal | holds |
    | --- | --- | --- | --- | --- | --- |
    """

  static func text(_ line: Line) -> String {
    let holds = line.holds.map { $0 ? "yes" : "no" } ?? ""
    return
      "| \(line.what) | \(line.value) | \(line.baseline) | \(line.ratio) | \(line.goal) | \(holds) |"
  }
}

func shown(_ value: Double, _ digits: Int = 1) -> String {
  var scale = 1.0
  for _ in 0..<digits { scale *= 10 }
  let rounded = (value * scale).rounded() / scale
  return digits == 0 ? String(Int(rounded)) : String(rounded)
}

import PlumblineBundle

/// What kind of value an expression gives; as fine as the generator needs.
indirect enum Kind: Hashable {
  case bool, int, number, string, timestamp, duration, date
  case enumeration([String])
  case list(Kind)
  case map(Kind)
  /// A record with these fields.
  case record([FieldDeclaration])
  /// Of several records, told apart by a field.
  case union([String], by: String)
  case any
}

/// An expression as a tree, so that it can be made smaller: text with parts of their own in it.
struct Sketch {
  enum Part {
    case text(String)
    case hole(Sketch)
  }
  var kind: Kind
  var parts: [Part]

  init(_ kind: Kind, _ text: String) {
    self.kind = kind
    parts = [.text(text)]
  }

  /// `§` in the form stands for the next part.
  init(_ kind: Kind, _ form: String, _ holes: Sketch...) {
    self.kind = kind
    parts = []
    var next = 0
    for (index, piece) in form.split(separator: "§", omittingEmptySubsequences: false).enumerated()
    {
      if index > 0, next < holes.count {
        parts.append(.hole(holes[next]))
        next += 1
      }
      if !piece.isEmpty { parts.append(.text(String(piece))) }
    }
  }

  var text: String {
    parts.map { part in
      switch part {
      case .text(let text): text
      case .hole(let sketch): sketch.text
      }
    }.joined()
  }

  /// Smaller expressions of the same kind, the smallest first.
  var smaller: [Sketch] {
    var result: [Sketch] = constants
    func within(_ sketch: Sketch) {
      for case .hole(let part) in sketch.parts {
        if part.kind == kind { result.append(part) } else { within(part) }
      }
    }
    within(self)
    for (index, part) in parts.enumerated() {
      guard case .hole(let inner) = part else { continue }
      for smaller in inner.smaller {
        var copy = self
        copy.parts[index] = .hole(smaller)
        result.append(copy)
      }
    }
    let own = text.utf8.count
    return result.filter { $0.text.utf8.count < own }
  }

  private var constants: [Sketch] {
    switch kind {
    case .bool: [Sketch(.bool, "true"), Sketch(.bool, "false")]
    case .int: [Sketch(.int, "0"), Sketch(.int, "1")]
    case .number: [Sketch(.number, "0.0"), Sketch(.number, "1.0")]
    case .string: [Sketch(.string, #""a""#), Sketch(.string, #""""#)]
    case .timestamp: [Sketch(.timestamp, "now")]
    case .date: [Sketch(.date, "today")]
    case .duration: [Sketch(.duration, #"duration("0s")"#)]
    case .enumeration(let values): values.prefix(1).map { Sketch(kind, #""\#($0)""#) }
    case .list: [Sketch(kind, "[]")]
    case .map, .record, .union, .any: []
    }
  }
}

/// A spec and, by their texts, the trees of its expressions.
struct Draft {
  var bundle: SpecBundle
  var sketches: [String: Sketch] = [:]

  mutating func write(_ sketch: Sketch) -> ExpressionText {
    let text = sketch.text
    sketches[text] = sketch
    return ExpressionText(text)
  }
}

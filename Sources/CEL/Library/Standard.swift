extension FunctionTable {
  /// The standard library with the extensions named, and with zones by name where there are any.
  static func standard(
    _ extensions: Set<Environment.Extension>, _ zones: TimeZoneOffsets?
  ) -> FunctionTable {
    var all = zones.map { Standard.core(TimeLibrary.declarations($0)) } ?? Standard.core
    var chosen = Standard.extensions.filter { extensions.contains($0.0) }
    if extensions.contains(.optional), !extensions.contains(.lists) {
      chosen.append((.optional, OptionalLibrary.ends))
    }
    for (_, declarations) in chosen {
      for declaration in declarations {
        all[declaration.name, default: FunctionDeclaration(declaration.name, [])].overloads +=
          declaration.overloads
      }
    }
    return FunctionTable(all)
  }
}

/// The tables the standard library is made of.
enum Standard {
  static let core = core(TimeLibrary.declarations)

  static func core(_ times: [FunctionDeclaration]) -> [String: FunctionDeclaration] {
    table(
      OperatorLibrary.declarations + ConversionLibrary.declarations + times + StringLibrary.core)
  }

  static let extensions: [(Environment.Extension, [FunctionDeclaration])] = [
    (.strings, StringLibrary.extensions), (.math, MathLibrary.declarations),
    (.lists, ListLibrary.declarations), (.optional, OptionalLibrary.declarations),
    (.regex, RegexLibrary.declarations), (.encoders, EncoderLibrary.declarations),
    (.date, DateLibrary.declarations), (.network, NetworkLibrary.declarations),
    (.sets, SetLibrary.declarations),
  ]

  static func table(_ declarations: [FunctionDeclaration]) -> [String: FunctionDeclaration] {
    var table: [String: FunctionDeclaration] = [:]
    for declaration in declarations {
      table[declaration.name, default: FunctionDeclaration(declaration.name, [])].overloads +=
        declaration.overloads
    }
    return table
  }

  /// Ids of overloads that this library made: pure, so that they may be folded.
  static let ids: Set<String> = {
    var ids: Set<String> = []
    for declaration in core.values { ids.formUnion(declaration.overloads.map(\.id)) }
    for (_, declarations) in extensions + [(.optional, OptionalLibrary.ends)] {
      for declaration in declarations { ids.formUnion(declaration.overloads.map(\.id)) }
    }
    return ids
  }()
}

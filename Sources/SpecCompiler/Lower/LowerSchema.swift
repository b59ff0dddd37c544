import PlumblineBundle
import PlumblineDiagnostics
import SpecModel

extension Lowering {
  /// The type in a JSON Schema file of the package. The definitions in it that are used become types too.
  mutating func lowerSchema(
    _ name: String, _ file: Located<String>
  ) -> TypeDeclaration.Definition {
    guard let bytes = package.read(file.value) else {
      report(.missingFile(file.value, at: file.range))
      return .type(.any)
    }
    let read = JSONSchemaReader.read(bytes, name: name, file: file.value)
    if let problem = read.problems.first {
      report(.badSchema(file.value, problem.description, at: file.range))
      return .type(.any)
    }
    for unchecked in read.unchecked {
      report(.schemaUnchecked(file.value, unchecked.description, at: file.range))
    }
    guard let definition = read.types.first?.definition else { return .type(.any) }
    for extra in read.types.dropFirst() {
      if typeNames.insert(extra.name).inserted {
        schemaTypes.append(extra)
      } else {
        report(.schemaTypeTaken(extra.name, file.value, at: file.range))
      }
    }
    return definition
  }
}

import PlumblineBundle
import PlumblineDiagnostics
import PlumblineJSON
import SpecModel

extension Lowering {
  /// The type in a JSON Schema file of the package.
  mutating func lowerSchema(_ name: String, _ file: Located<String>) -> TypeReference {
    guard let bytes = package.read(file.value) else {
      report(.missingFile(file.value, at: file.range))
      return .any
    }
    do {
      _ = try JSONDocument.parse(bytes)
    } catch {
      report(.badSchema(file.value, error.description, at: file.range))
    }
    return .any
  }
}

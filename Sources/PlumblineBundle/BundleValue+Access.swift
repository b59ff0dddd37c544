package import PlumblineJSON

/// Constants as the values they stand for.
extension BundleValue {
  /// The first entry with this key.
  package subscript(key: String) -> BundleValue? {
    guard case .map(let entries) = self else { return nil }
    return entries.first { $0.key == key }?.value
  }
  /// The text of a string.
  package var text: String? {
    if case .string(let text) = self { return text }
    return nil
  }
  /// As JSON.
  package var json: JSON {
    switch self {
    case .null: .null
    case .bool(let value): .bool(value)
    case .int(let value): .int(value)
    case .double(let value): .double(value)
    case .string(let value): .string(value)
    case .list(let items): .array(items.map(\.json))
    case .map(let entries): .object(entries.map { JSON.Member($0.key, $0.value.json) })
    }
  }
}

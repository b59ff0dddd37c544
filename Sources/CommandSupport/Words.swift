/// Numbers in sentences.
package enum Words {
  /// `1 case`, `2 cases`.
  package static func count(_ number: Int, _ one: String) -> String {
    "\(number) \(one)\(number == 1 ? "" : "s")"
  }
}

import PlumblineBundle
import PlumblineDiagnostics
import SpecCompiler
import Testing

/// Types from JSON Schema files keep what they are.
@Suite struct SchemaTypeTests {
  @Test func aUnionStaysOne() throws {
    let compiled = Compiled(
      """
      plumb: 1
      spec: s
      version: "1"
      owner: desk
      purpose: Take a payment.
      types:
        Paid: { schema: paid.json }
      tools:
        pay_with: { effect: read, returns: Paid }
      """,
      files: [
        "paid.json": """
        {"oneOf": [
          {"properties": {"kind": {"const": "card"}, "last": {"type": "string"}}, "required": ["kind"]},
          {"properties": {"kind": {"const": "gift"}}, "required": ["kind"]}]}
        """
      ])
    #expect(compiled.said.filter { $0.contains("error") } == [])
    let bundle = try #require(compiled.bundle)
    let paid = bundle.types.first { $0.name == "Paid" }
    #expect(paid?.definition == .union(members: ["Paid_0", "Paid_1"], by: "kind"))
    #expect(try SpecBundle.decode(bundle.encode()) == bundle)
  }
}

import CEL
import Foundation
import PlumblineBundle
import PlumblineRuntime
import Testing

/// The functions of CEL that specs may use, as the language's page lists them.
@Suite struct FunctionTests {
  /// Each function by a condition that uses it.
  static let conditions: [(name: String, condition: String)] = [
    ("sum", "[args.amount, 1].sum() > 2"), ("min", "[args.amount, 1].min() == 1"),
    ("max", "[args.amount, 1].max() == 9"), ("first", "[args.amount].first() == 9"),
    ("last", "[1, args.amount].last() == 9"), ("indexOf", "[args.order_id].indexOf(\"o-1\") == 0"),
    ("lastIndexOf", "[args.order_id].lastIndexOf(\"x\") == -1"),
    ("isSorted", "[1, args.amount].isSorted()"), ("sort", "[args.amount, 1].sort() == [1, 9]"),
    ("sortBy", "[args.amount, 1].sortBy(n, -n).last() == 1"),
    ("slice", "[args.amount, 1].slice(1, 2) == [1]"),
    ("distinct", "[args.amount, 9].distinct() == [9]"),
    ("reverse", "[args.amount, 1].reverse() == [1, 9]"),
    ("flatten", "[[args.amount]].flatten() == [9]"),
    ("lists.range", "lists.range(3).sum() == 3"),
    ("sets.contains", "sets.contains([\"o-1\", \"o-2\"], [args.order_id])"),
    ("sets.equivalent", "sets.equivalent([args.order_id], [\"o-1\", \"o-1\"])"),
    ("sets.intersects", "sets.intersects([args.order_id], [\"o-1\"])"),
    ("find", "args.order_id.find(\"[0-9]\") == \"1\""),
    ("findAll", "args.order_id.findAll(\"[a-z]\") == [\"o\"]"),
    ("isIP", "!isIP(args.order_id)"), ("isCIDR", "!isCIDR(args.order_id)"),
    ("ip", "ip(\"10.0.0.1\").family() == 4"),
    ("cidr", "cidr(\"10.0.0.0/8\").containsIP(\"10.0.0.1\")"),
  ]

  @Test(arguments: conditions)
  func specsMayUseIt(_ name: String, _ condition: String) throws {
    var run = try Run(
      RequirementDeclaration("REF-1", on: ["issue_refund"], require: .init(condition)))
    let decision = try run.refund(amount: "9")
    #expect(decision.summary == "allow", "\(condition)")
    var other = try Run(
      RequirementDeclaration("REF-1", on: ["issue_refund"], require: .init("!(\(condition))")))
    #expect(try other.refund(amount: "9").summary == "deny violated/REF-1", "\(condition)")
  }

  @Test(arguments: conditions)
  func thePageListsIt(_ name: String, _ condition: String) throws {
    let page = URL(filePath: #filePath).deletingLastPathComponent()
      .appending(path: "../../Docs/Language.md").standardizedFileURL
    #expect(try String(contentsOf: page, encoding: .utf8).contains("`\(name)`"))
  }

  /// An address that cannot be read fails closed.
  @Test func whatIsNoAddressIsAViolation() throws {
    var run = try Run(
      RequirementDeclaration(
        "REF-1", on: ["issue_refund"],
        require: "cidr(\"10.0.0.0/8\").containsIP(args.order_id)"))
    #expect(try run.refund().outcome == .deny)
  }
}

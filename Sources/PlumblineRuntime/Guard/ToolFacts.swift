import PlumblineBundle

/// What the guard asks of a tool at every proposal, out of the declaration's many fields: reading one
/// of them must not copy them all.
final class ToolFacts: Sendable {
  let name: String
  let effect: Effect
  let actsAsRead: Bool
  let oncePer: [String]
  let hasClaims: Bool
  let freshFor: Int64?
  let message: String?

  init(_ tool: ToolDeclaration) {
    name = tool.name
    effect = tool.effect
    actsAsRead = tool.actsAsRead
    oncePer = tool.oncePer
    hasClaims = !tool.claims.isEmpty
    freshFor = tool.freshFor
    message = tool.message
  }
}

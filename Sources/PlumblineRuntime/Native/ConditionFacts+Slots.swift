/// What whoever writes conditions as Swift has to know of variables.
extension ConditionFacts {
  /// Variables of a plain type: the property that gives it, and how a value is read as its type.
  public static var plainVariables: [Int: (name: String, reads: String)] {
    [
      Slot.args: ("args", "asRecord"), Slot.caseRecord: ("caseRecord", "asRecord"),
      Slot.said: ("said", "asRecord"), Slot.turn: ("turn", "asRecord"),
      Slot.claims: ("claims", "asRecord"), Slot.confidence: ("confidence", "asDouble"),
      Slot.agent: ("agent", "asText"), Slot.now: ("now", "asTimestamp"),
      Slot.today: ("today", "asDate"), Slot.step: ("step", "asText"),
      Slot.entered: ("entered", "asTimestamp"), Slot.inFlight: ("inFlight", "asInt"),
      Slot.text: ("text", "asText"),
    ]
  }

  /// The slot of a collection, by its place in the bundle.
  public static func slot(collection index: Int) -> Int { Slot.collections + index }

  /// The slot of the first variable that a macro of the guard made.
  public static var firstHost: Int { Slot.hosts }
}

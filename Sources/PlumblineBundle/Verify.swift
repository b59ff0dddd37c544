extension SpecBundle {
  /// Whether every name a bundle uses is declared in it, and none twice.
  func checkReferences() throws(BundleError) {
    let tools = try names("tools", self.tools.map(\.name))
    let types = try names("types", self.types.map(\.name))
    let roles = try names("roles", self.roles)
    let collections = try names("collections", self.collections.map(\.name))
    let requirements = try names("requirements", self.requirements.map(\.id))
    let caseKeys = try names("case", caseFields.map(\.name))
    _ = try names("groups", groups.map(\.name))
    _ = try names("tables", tables.map(\.name))
    _ = try names("terms", terms.map(\.name))
    _ = try names("patterns", patterns.map(\.name))
    _ = try names("workflows", workflows.map(\.name))
    _ = try names("incidents", incidents.map(\.id))

    func known(
      _ name: String, in declared: Set<String>, _ what: String, _ path: @autoclosure () -> String
    ) throws(BundleError) {
      if !declared.contains(name) {
        throw BundleError(path: path(), message: "unknown \(what) `\(name)`")
      }
    }
    func check(_ type: TypeReference, _ path: @autoclosure () -> String) throws(BundleError) {
      switch type {
      case .named(let name): try known(name, in: types, "type", path())
      case .list(let inner), .map(let inner), .optional(let inner), .sensitive(let inner):
        try check(inner, path())
      case .record(let fields): for field in fields { try check(field.type, path()) }
      case .any, .bool, .int, .number, .string, .timestamp, .date, .duration, .enumeration: break
      }
    }
    func check(_ answer: Answer, _ path: @autoclosure () -> String) throws(BundleError) {
      if case .escalate(let role) = answer { try known(role, in: roles, "role", path()) }
    }

    for (i, field) in caseFields.enumerated() { try check(field.type, "/case/\(i)/type") }
    for (i, type) in self.types.enumerated() {
      switch type.definition {
      case .type(let type): try check(type, "/types/\(i)/type")
      case .union(let members, _):
        for member in members { try known(member, in: types, "type", "/types/\(i)/union") }
      }
    }
    for (i, collection) in self.collections.enumerated() {
      try check(collection.type, "/collections/\(i)/type")
      for tool in collection.groundedBy {
        try known(tool, in: tools, "tool", "/collections/\(i)/grounded_by")
      }
    }
    for (i, table) in tables.enumerated() { try check(table.type, "/tables/\(i)/type") }
    for (i, group) in groups.enumerated() {
      for action in group.actions { try known(action, in: tools, "tool", "/groups/\(i)/actions") }
    }
    for (i, tool) in self.tools.enumerated() {
      for field in tool.arguments { try check(field.type, "/tools/\(i)/args") }
      if let returns = tool.returns { try check(returns, "/tools/\(i)/returns") }
      for keep in tool.keeps {
        try known(keep.collection, in: collections, "collection", "/tools/\(i)/keeps")
      }
      for learn in tool.learns {
        try known(learn.key, in: caseKeys, "case key", "/tools/\(i)/learns")
      }
      for path in (tool.touches ?? []) + tool.sets.map(\.path) where path.collection != "case" {
        try known(path.collection, in: collections, "collection", "/tools/\(i)")
      }
      if let read = tool.settledBy { try known(read, in: tools, "tool", "/tools/\(i)/settled_by") }
    }
    for (i, requirement) in self.requirements.enumerated() {
      for action in requirement.appliesTo {
        try known(action, in: tools, "tool", "/requirements/\(i)/applies_to")
      }
      for need in requirement.needs {
        try known(need, in: requirements, "requirement", "/requirements/\(i)/needs")
      }
      try check(requirement.otherwise, "/requirements/\(i)/otherwise")
      try check(requirement.ungrounded, "/requirements/\(i)/ungrounded")
      for rule in requirement.temporal {
        for event in rule.events.joined() {
          switch event.kind {
          case .actions(let actions), .attempt(let actions):
            for action in actions {
              try known(action, in: tools, "tool", "/requirements/\(i)/temporal")
            }
          case .approval(let role):
            try known(role, in: roles, "role", "/requirements/\(i)/temporal")
          case .message, .activity: break
          }
        }
      }
    }
    for (i, workflow) in workflows.enumerated() {
      let steps = try names("workflows/\(i)/steps", workflow.steps.map(\.name))
      try known(workflow.start, in: steps, "step", "/workflows/\(i)/start")
      for (j, step) in workflow.steps.enumerated() {
        let path = "/workflows/\(i)/steps/\(j)"
        for tool in step.tools { try known(tool, in: tools, "tool", path + "/tools") }
        for edge in step.next { try known(edge.to, in: steps, "step", path + "/next") }
        if let actor = step.actor { try known(actor, in: roles, "role", path + "/actor") }
        if let confidence = step.confidence { try check(confidence.then, path + "/confidence") }
      }
    }
    for (i, incident) in incidents.enumerated() {
      for id in incident.preventedBy {
        try known(id, in: requirements, "requirement", "/incidents/\(i)/prevented_by")
      }
    }
  }

  private func names(_ list: String, _ values: [String]) throws(BundleError) -> Set<String> {
    let set = Set(values)
    guard set.count < values.count else { return set }
    var seen: Set<String> = []
    for (i, value) in values.enumerated() where !seen.insert(value).inserted {
      throw BundleError(path: "/\(list)/\(i)", message: "`\(value)` is declared twice")
    }
    return set
  }
}

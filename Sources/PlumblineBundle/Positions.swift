extension SpecBundle {
  /// The files that positions name, sorted.
  public var positionFiles: [String] {
    var files: Set<String> = []
    // Positions come in runs of one file: comparing with the last one saves most look-ups.
    var last = ""
    func see(_ position: SourcePosition?) {
      guard let position, position.file != last || files.isEmpty else { return }
      last = position.file
      files.insert(position.file)
    }
    func see(_ expression: ExpressionText?) { see(expression?.position) }
    for type in types { see(type.position) }
    for tool in tools {
      see(tool.position)
      see(tool.asOf)
      for keep in tool.keeps {
        see(keep.key)
        see(keep.source)
      }
      for fails in tool.fails { see(fails) }
      for learn in tool.learns { see(learn.value) }
      for path in tool.touches ?? [] { see(path.key) }
      for set in tool.sets {
        see(set.path.key)
        see(set.value)
      }
      for claim in tool.claims { see(claim.value) }
    }
    for term in terms { see(term.body) }
    for requirement in requirements {
      see(requirement.position)
      see(requirement.when)
      see(requirement.require)
      see(requirement.ensure)
      see(requirement.tell)
      for rule in requirement.temporal {
        for events in rule.events { for event in events { see(event.condition) } }
      }
      if let confirmed = requirement.confirmed {
        see(confirmed.agrees)
        see(confirmed.refuses)
        for listed in confirmed.lists { see(listed) }
      }
      for example in requirement.examples { see(example.position) }
    }
    for workflow in workflows {
      see(workflow.position)
      for step in workflow.steps {
        see(step.position)
        for edge in step.next { see(edge.when) }
      }
    }
    for incident in incidents { see(incident.position) }
    return files.sorted()
  }
}

public import PlumblineBundle

/// A workflow as a Mermaid state diagram inside Markdown.
public enum WorkflowDiagram {
  public static func markdown(_ workflow: WorkflowDeclaration) -> String {
    var out = "# Workflow \(workflow.name)\n\n```mermaid\nstateDiagram-v2\n"
    let numbers = Dictionary(
      workflow.steps.enumerated().map { ($1.name, $0) }, uniquingKeysWith: { first, _ in first })
    // Mermaid's ids take no free text, so steps are numbered and carry their names as labels.
    func id(_ step: String) -> String { numbers[step].map { "s\($0)" } ?? "unknown" }
    for step in workflow.steps {
      out +=
        "  state \"\(label(step.name + (step.actor.map { " (\($0))" } ?? "")))\" as \(id(step.name))\n"
    }
    out += "  [*] --> \(id(workflow.start))\n"
    for step in workflow.steps {
      for edge in step.next {
        out += "  \(id(step.name)) --> \(id(edge.to))"
        if let when = edge.when { out += " : \(label(when.text))" }
        out += "\n"
      }
      if step.final { out += "  \(id(step.name)) --> [*]\n" }
    }
    out += "```\n\n| step | goal | tools | actor |\n| --- | --- | --- | --- |\n"
    for step in workflow.steps {
      let cells = [
        step.name, step.goal ?? "", step.tools.joined(separator: ", "), step.actor ?? "agent",
      ]
      out += "| " + cells.map(Traceability.cell).joined(separator: " | ") + " |\n"
    }
    return out
  }

  /// Text that Mermaid takes as a label: on one line, its own signs replaced.
  private static func label(_ text: String) -> String {
    text.split(whereSeparator: \.isWhitespace).joined(separator: " ")
      .replacing("\"", with: "'").replacing(":", with: "#58;").replacing(";", with: "#59;")
      .replacing("#58#59;", with: "#58;")
  }
}

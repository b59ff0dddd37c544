import ArgumentParser
import Plumbline
import PlumblineDiagnostics

enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json
}

enum CheckFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json, sarif
}

enum DigestFormat: String, ExpressibleByArgument, CaseIterable {
  case md, json
}

extension LoadedSpec {
  /// Loads a spec package or a bundle; prints its diagnostics to standard error.
  /// - Throws: exit status 2 where the spec has errors.
  static func loadOrExit(_ path: String) throws -> LoadedSpec {
    let result = try Pipeline.load(path)
    let loud = result.diagnostics.filter { $0.severity == .error || $0.severity == .warning }
    if !loud.isEmpty {
      Console.error(TextRenderer.render(loud, in: result.sources, color: Console.colorsErrors))
    }
    guard let spec = result.spec else { throw ExitStatus.wrongCall }
    return spec
  }
}

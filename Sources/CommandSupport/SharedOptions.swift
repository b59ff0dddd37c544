import ArgumentParser
package import Plumbline
import PlumblineDiagnostics

package enum ReportFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json
}

extension LoadedSpec {
  /// Loads a spec package or a bundle; prints its diagnostics to standard error.
  /// - Throws: exit status 2 where the spec has errors.
  /// - Parameter key: the file with the key under which sensitive values are hashed.
  package static func loadOrExit(_ path: String, key: String? = nil) throws -> LoadedSpec {
    let secret = try key.map { try FileSystem.read($0, limit: 1 << 16) }
    if let key, secret?.isEmpty == true { throw FileError(path: key, reason: "holds no key") }
    let result = try Pipeline.load(path, sensitiveKey: secret)
    let loud = result.diagnostics.filter { $0.severity == .error || $0.severity == .warning }
    if !loud.isEmpty {
      Console.error(TextRenderer.render(loud, in: result.sources, color: Console.colorsErrors))
    }
    guard let spec = result.spec else { throw ExitStatus.wrongCall }
    return spec
  }
}

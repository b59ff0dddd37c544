import PlumblineBundle
import PlumblineDiagnostics
import SpecCompiler
import SpecModel
import YAMLSyntax

/// What a package says of itself, right or wrong in the rest.
struct SpecIdentity: Sendable {
  /// The package's folder.
  let folder: String
  /// Its name, with the place where it stands.
  let name: Located<String>
  let incidents: Set<Incident>

  /// An incident by what nobody changes when its spec is renamed.
  struct Incident: Sendable, Hashable {
    let id: String
    let title: String
  }
}

extension Generated {
  /// Incidents of specs that were compiled beside these and that nothing declares any more: a spec that
  /// is renamed or deleted must not take what happened once with it.
  /// - Parameter specs: the packages that are looked at, all of them.
  func lost(_ specs: [SpecIdentity], into sources: inout SourceSet) -> [Diagnostic] {
    var diagnostics: [Diagnostic] = []
    var seen: Set<String> = []
    let names = Set(specs.map(\.name.value))
    for folder in Set(specs.flatMap { folders($0.folder) }).sorted() {
      let absolute = FileSystem.absolute(folder)
      guard let slash = absolute.lastIndex(of: "/"), seen.insert(absolute).inserted else {
        continue
      }
      let project = String(absolute[...slash])
      // What lies elsewhere may come from anywhere.
      guard specs.contains(where: { (FileSystem.absolute($0.folder) + "/").hasPrefix(project) })
      else { continue }
      let compiled = (try? FileSystem.list(folder)) ?? []
      // Two passes: the few that could be lost, before all others are read.
      var strays: [(name: String, path: String, incidents: [IncidentDeclaration])] = []
      for name in compiled where !names.contains(name) {
        if let found = Self.incidents(folder, name), !found.incidents.isEmpty {
          strays.append((name, found.path, found.incidents))
        }
      }
      if strays.isEmpty { continue }
      let declared = Self.declared(Set(strays.map(\.name)), below: project, but: absolute)
      strays.removeAll { declared.contains($0.name) }
      if strays.isEmpty { continue }
      let strayNames = Set(strays.map(\.name))
      let kept =
        specs.map(\.incidents)
        + compiled.filter { !strayNames.contains($0) && !names.contains($0) }
        .compactMap { Self.incidents(folder, $0).map { Set($0.incidents.map(\.identity)) } }
      let new = specs.filter { !compiled.contains($0.name.value) }
      for stray in strays {
        // A spec that was renamed has them all.
        let all = stray.incidents.map(\.identity)
        if kept.contains(where: { $0.isSuperset(of: all) }) { continue }
        let range =
          new.count == 1
          ? new[0].name.range
          : SourceRange(
            file: sources.add(SourceFile(path: stray.path, bytes: [])), start: 0, end: 0)
        diagnostics.append(.specGone(stray.name, stray.incidents, stray.path, at: range))
      }
    }
    return diagnostics
  }

  /// The incidents of a compiled spec; nil where its bundle can't be read.
  private static func incidents(
    _ folder: String, _ name: String
  ) -> (path: String, incidents: [IncidentDeclaration])? {
    guard let committed = Generated.folder(folder).bundle(of: name, package: "") else { return nil }
    switch committed.content {
    case .bundle(let bundle): return (committed.path, bundle.incidents)
    case .unreadable: return nil
    }
  }

  /// Which of the names some spec file below a folder declares. The nearest folders are read first.
  private static func declared(
    _ names: Set<String>, below project: String, but generated: String
  ) -> Set<String> {
    var found: Set<String> = []
    var folders = [project]
    var next = 0
    while next < folders.count, next < 20_000, found.count < names.count {
      let folder = folders[next]
      next += 1
      for name in (try? FileSystem.list(folder)) ?? [] {
        let path = FileSystem.join(folder, name)
        switch FileSystem.kind(path) {
        case .folder where path != generated: folders.append(path)
        case .file where SpecPackage.isSpec(name):
          guard let bytes = try? FileSystem.read(path, limit: 64 << 20) else { continue }
          let text = String(decoding: bytes, as: UTF8.self)
          guard names.contains(where: text.contains) else { continue }
          let tree = YAMLParser.parse(SourceFile(path: path, bytes: bytes), file: 0).0
          if let name = tree.map(SpecBinder.bindFile)?.model.spec?.value, names.contains(name) {
            found.insert(name)
          }
        default: break
        }
      }
    }
    return found
  }
}

extension IncidentDeclaration {
  fileprivate var identity: SpecIdentity.Incident { .init(id: id, title: title) }
}

extension Diagnostic {
  /// PL0644: a spec that is gone, with its incidents.
  fileprivate static func specGone(
    _ spec: String, _ incidents: [IncidentDeclaration], _ bundle: String, at range: SourceRange
  ) -> Self {
    let listed = incidents.map { "`\($0.id)` (\($0.title))" }.joined(separator: ", ")
    let what = incidents.count == 1 ? "the incident \(listed)" : "the incidents \(listed)"
    return .init(
      "PL0644", .error, "no spec is named `\(spec)` any more; `\(bundle)` holds \(what)",
      at: range,
      help:
        "name a spec `\(spec)` again, or give the one it became these incidents; if what it was for is gone, delete the folder of `\(bundle)`"
    )
  }
}

// swift-tools-version: 6.2
import PackageDescription

// A package as a stranger writes it: it names a version of Plumbline, and lists the plugin on its targets.
let plumbline = Context.environment["PLUMBLINE_URL"] ?? "https://github.com/plumbline/plumbline"

let package = Package(
  name: "Consumer",
  platforms: [.macOS(.v15)],
  dependencies: [.package(url: plumbline, from: "0.1.0")],
  targets: [
    .executableTarget(
      name: "Desk",
      dependencies: [.product(name: "PlumblineTyped", package: "plumbline")],
      plugins: [.plugin(name: "PlumblineBuild", package: "plumbline")]),
    .testTarget(
      name: "DeskTests",
      dependencies: [.product(name: "PlumblineTyped", package: "plumbline")],
      plugins: [.plugin(name: "PlumblineBuild", package: "plumbline")]),
  ]
)

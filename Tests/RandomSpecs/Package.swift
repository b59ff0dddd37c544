// swift-tools-version: 6.2
import PackageDescription

// Built by `run`, in a copy that holds the Swift of random specs beside it; PLUMBLINE is the package's folder.
let package = Package(
  name: "RandomSpecs",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "Plumbline", path: Context.environment["PLUMBLINE"] ?? "../..")],
  targets: [
    .target(
      name: "Specs", dependencies: [.product(name: "PlumblineTyped", package: "Plumbline")]),
    .executableTarget(
      name: "RandomSpecs",
      dependencies: ["Specs", .product(name: "PlumblineTyped", package: "Plumbline")]),
  ])

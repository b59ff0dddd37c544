// swift-tools-version: 6.2
import PackageDescription

let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
]

let package = Package(
  name: "Benchmarks",
  platforms: [.macOS(.v15)],
  dependencies: [.package(name: "Plumbline", path: "../..")],
  targets: [
    .systemLibrary(
      name: "CYAML", pkgConfig: "yaml-0.1",
      providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),
    // Baselines: what the same bytes or the same start cost without Plumbline.
    .executableTarget(name: "yaml-events", dependencies: ["CYAML"]),
    .executableTarget(name: "hello"),
    // Counts what asks for memory.
    .target(name: "CountMalloc"),
    // What is measured: specs and traces made by a seeded generator.
    .target(name: "Workload", swiftSettings: settings),
    .executableTarget(
      name: "Benchmarks",
      dependencies: [
        "Workload", "CountMalloc", .product(name: "Plumbline", package: "Plumbline"),
        .product(name: "PlumblineRuntime", package: "Plumbline"),
        .product(name: "PlumblineTyped", package: "Plumbline"),
        .product(name: "CEL", package: "Plumbline"),
        .product(name: "plumb", package: "Plumbline"),
      ],
      swiftSettings: settings,
      plugins: [.plugin(name: "PlumblineBuild", package: "Plumbline")]),
  ]
)

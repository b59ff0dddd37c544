// swift-tools-version: 6.2
import PackageDescription

/// One set of settings for every Swift target of the package.
let settings: [SwiftSetting] = [
  .swiftLanguageMode(.v6),
  .enableUpcomingFeature("ExistentialAny"),
  .enableUpcomingFeature("MemberImportVisibility"),
  .enableUpcomingFeature("InternalImportsByDefault"),
  .treatAllWarnings(as: .error),
]

/// Where the companion is asked for.
let companion: TargetDependencyCondition? = .when(traits: ["Companion"])

let package = Package(
  name: "Plumbline",
  platforms: [.macOS(.v15)],
  products: [
    .library(name: "CEL", targets: ["CEL"]),
    .library(name: "CELTimeZones", targets: ["CELTimeZones"]),
    .library(name: "PlumblineRuntime", targets: ["PlumblineRuntime"]),
    .library(name: "PlumblineTyped", targets: ["PlumblineTyped"]),
    .library(name: "Plumbline", targets: ["Plumbline"]),
    .plugin(name: "PlumblineBuild", targets: ["PlumblineBuild"]),
    .plugin(name: "PlumblineGenerate", targets: ["PlumblineGenerate"]),
    .executable(name: "plumb", targets: ["plumb"]),
    .executable(name: "plumbd", targets: ["plumbd"]),
    .executable(name: "cel-conformance", targets: ["cel-conformance"]),
  ],
  traits: [
    // What needs a store or a server. Off unless asked for, so that a package with specs fetches none of it.
    .trait(
      name: "Companion",
      description: "plumbd with all its commands: the record, and what stands on it."),
    .trait(
      name: "PostgreSQL", description: "The record can live in PostgreSQL too; needs libpq.",
      enabledTraits: ["Companion"]),
  ],
  dependencies: [
    .package(url: "https://github.com/apple/swift-argument-parser", from: "1.5.0"),
    .package(url: "https://github.com/apple/swift-crypto", from: "4.1.0"),
    .package(url: "https://github.com/groue/GRDB.swift", from: "7.8.0"),
    .package(url: "https://github.com/vapor/jwt-kit", from: "5.3.0"),
  ],
  targets: [
    // C libraries, each behind one module.
    .systemLibrary(
      name: "CLibYAML", pkgConfig: "yaml-0.1",
      providers: [.apt(["libyaml-dev"]), .brew(["libyaml"])]),
    .systemLibrary(
      // No pkgConfig: Debian's re2.pc holds `-pthread`, which SwiftPM warns about.
      name: "CLibRE2",
      providers: [.apt(["libre2-dev"]), .brew(["re2"])]),
    .systemLibrary(
      name: "CLibPQ", providers: [.apt(["libpq-dev"]), .brew(["libpq"])]),
    .target(
      name: "CRE2", dependencies: ["CLibRE2"],
      linkerSettings: [.linkedLibrary("re2")]),

    // The way of the data: each target depends only on those above it.
    .target(name: "Suggestions", swiftSettings: settings),
    .target(name: "PlumblineDiagnostics", swiftSettings: settings),
    .target(
      name: "YAMLSyntax", dependencies: ["CLibYAML", "PlumblineDiagnostics"],
      swiftSettings: settings),
    .target(name: "PlumblineJSON", swiftSettings: settings),
    .target(name: "CEL", dependencies: ["CRE2", "Suggestions"], swiftSettings: settings),
    .target(name: "CELTimeZones", dependencies: ["CEL"], swiftSettings: settings),
    .target(
      name: "CELConformance", dependencies: ["CEL", "CELTimeZones", "PlumblineJSON"],
      swiftSettings: settings),
    .target(
      name: "SpecModel", dependencies: ["PlumblineDiagnostics", "Suggestions", "YAMLSyntax"],
      swiftSettings: settings),
    .target(
      name: "PlumblineBundle", dependencies: ["PlumblineJSON"], swiftSettings: settings),
    .target(name: "Declare", dependencies: ["PlumblineBundle"], swiftSettings: settings),
    .target(
      name: "PlumblineRuntime",
      dependencies: ["PlumblineBundle", "PlumblineJSON", "CEL", "Declare", "Suggestions"],
      swiftSettings: settings),
    // What generated Swift stands on.
    .target(
      name: "PlumblineTyped",
      dependencies: ["PlumblineRuntime", "PlumblineBundle", "PlumblineJSON", "CEL"],
      swiftSettings: settings),
    .target(
      name: "GeneratedSpecs", dependencies: ["PlumblineTyped"], path: "Generated/Swift",
      swiftSettings: settings),
    // The plain second interpreter, which the guard is held against.
    .target(
      name: "PlumblineReference", dependencies: ["PlumblineBundle", "PlumblineJSON"],
      swiftSettings: settings),
    .target(
      name: "SpecCompiler",
      dependencies: [
        "SpecModel", "PlumblineBundle", "PlumblineRuntime", "PlumblineDiagnostics", "CEL",
        "PlumblineJSON", "Suggestions", "YAMLSyntax",
      ],
      swiftSettings: settings),
    .target(
      name: "Backends",
      dependencies: [
        "SpecModel", "PlumblineBundle", "PlumblineRuntime", "PlumblineJSON", "CEL", "Declare",
      ],
      swiftSettings: settings),
    .target(
      name: "Plumbline",
      dependencies: [
        "SpecCompiler", "SpecModel", "YAMLSyntax", "PlumblineBundle", "PlumblineRuntime",
        "PlumblineDiagnostics", "PlumblineJSON", "Backends", "CEL", "Suggestions",
      ],
      swiftSettings: settings),
    .target(
      name: "CommandSupport",
      dependencies: [
        "Plumbline", "PlumblineDiagnostics",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "plumb",
      dependencies: [
        "CommandSupport", "Plumbline", "PlumblineRuntime", "PlumblineBundle",
        "PlumblineDiagnostics",
        "PlumblineJSON",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "cel-conformance",
      dependencies: [
        "CELConformance", "Plumbline", "PlumblineJSON",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),

    // The record, which lives in the companion: the log, its homes, and its keys.
    .target(
      name: "PlumblineRecord",
      dependencies: ["PlumblineRuntime", "PlumblineBundle", "PlumblineJSON", "CEL"],
      swiftSettings: settings),
    .target(
      name: "PlumblineStore",
      dependencies: [
        "PlumblineRecord", "Plumbline", "PlumblineJSON", "PlumblineRuntime",
        .target(name: "CLibPQ", condition: .when(traits: ["PostgreSQL"])),
        .product(name: "GRDB", package: "GRDB.swift", condition: companion),
      ],
      swiftSettings: settings),
    .target(
      name: "PlumblineKeys",
      dependencies: [
        "PlumblineRecord", "PlumblineJSON", "PlumblineBundle", "PlumblineRuntime", "CEL",
        .product(name: "Crypto", package: "swift-crypto", condition: companion),
        .product(name: "JWTKit", package: "jwt-kit", condition: companion),
      ],
      swiftSettings: settings),
    .executableTarget(
      name: "plumbd",
      dependencies: [
        "CommandSupport", "PlumblineRecord", "PlumblineStore", "PlumblineKeys", "Plumbline",
        "PlumblineRuntime",
        "PlumblineBundle", "PlumblineDiagnostics", "PlumblineJSON", "CEL",
        .product(name: "ArgumentParser", package: "swift-argument-parser"),
      ],
      swiftSettings: settings),

    // For packages that hold specs.
    .plugin(
      name: "PlumblineBuild", capability: .buildTool(), dependencies: ["plumb"],
      path: "Sources/Plugins/PlumblineBuild"),
    .plugin(
      name: "PlumblineGenerate",
      capability: .command(
        intent: .custom(
          verb: "plumb-generate", description: "Writes what the specs compile to into Generated/."),
        permissions: [
          .writeToPackageDirectory(reason: "writes what the specs compile to into Generated/")
        ]),
      dependencies: ["plumb"], path: "Sources/Plugins/PlumblineGenerate"),

    // Tests: one target a room.
    .testTarget(
      name: "DiagnosticsTests", dependencies: ["PlumblineDiagnostics", "Suggestions"],
      swiftSettings: settings),
    .testTarget(
      name: "YAMLSyntaxTests", dependencies: ["YAMLSyntax", "PlumblineDiagnostics"],
      exclude: ["Cases"],
      swiftSettings: settings),
    .testTarget(name: "JSONTests", dependencies: ["PlumblineJSON"], swiftSettings: settings),
    .testTarget(
      name: "CELTests", dependencies: ["CEL", "CELConformance", "CELTimeZones", "PlumblineJSON"],
      swiftSettings: settings),
    .testTarget(
      name: "SpecModelTests",
      dependencies: ["SpecModel", "YAMLSyntax", "PlumblineDiagnostics"], exclude: ["Broken"],
      swiftSettings: settings),
    .testTarget(
      name: "BundleTests", dependencies: ["PlumblineBundle", "PlumblineJSON"],
      swiftSettings: settings),
    .testTarget(
      name: "DeclareTests", dependencies: ["Declare", "PlumblineBundle"], swiftSettings: settings),
    .testTarget(
      name: "RuntimeTests",
      dependencies: ["PlumblineRuntime", "PlumblineBundle", "PlumblineJSON", "CEL"],
      swiftSettings: settings),
    .testTarget(
      name: "SpecCompilerTests",
      dependencies: [
        "Plumbline", "SpecCompiler", "SpecModel", "YAMLSyntax", "PlumblineBundle",
        "PlumblineRuntime", "PlumblineDiagnostics", "PlumblineJSON", "CEL",
      ],
      exclude: ["Broken"], swiftSettings: settings),
    .testTarget(
      name: "PlumblineTests",
      dependencies: [
        "Plumbline", "PlumblineRuntime", "PlumblineBundle", "PlumblineJSON",
        "PlumblineDiagnostics", "Backends", "SpecCompiler", "SpecModel", "YAMLSyntax",
        "PlumblineRecord", "PlumblineStore", "PlumblineKeys", "CEL",
        .product(name: "GRDB", package: "GRDB.swift", condition: companion),
      ],
      swiftSettings: settings),
    .testTarget(
      name: "SupportTests",
      dependencies: ["Plumbline", "PlumblineRuntime", "PlumblineBundle", "PlumblineJSON"],
      swiftSettings: settings),
    .testTarget(
      name: "AirlineTests",
      dependencies: [
        "Plumbline", "PlumblineDiagnostics", "PlumblineRuntime", "PlumblineBundle", "PlumblineJSON",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "TypedTests",
      dependencies: [
        "GeneratedSpecs", "PlumblineTyped", "PlumblineRuntime", "PlumblineBundle", "PlumblineJSON",
        "CEL", "Backends", "Plumbline",
      ],
      swiftSettings: settings),
    .testTarget(
      name: "ReferenceTests",
      dependencies: [
        "PlumblineReference", "PlumblineRuntime", "PlumblineBundle", "PlumblineJSON", "CEL",
        "Declare", "Plumbline", "Backends",
      ],
      exclude: ["Cases"], swiftSettings: settings),
  ]
)

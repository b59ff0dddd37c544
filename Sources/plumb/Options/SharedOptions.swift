import ArgumentParser

enum CheckFormat: String, ExpressibleByArgument, CaseIterable {
  case text, json, sarif
}

enum DigestFormat: String, ExpressibleByArgument, CaseIterable {
  case md, json
}

/// The `network` extension: IP addresses and networks as values.
///
/// Source: the `ip` and `cidr` libraries of cel-go and Kubernetes.
enum NetworkLibrary {
  static let ipType = CELType.abstract("net.IP", [])
  static let cidrType = CELType.abstract("net.CIDR", [])

  final class Address: OpaqueValue, @unchecked Sendable {
    let address: IPAddress
    init(_ address: IPAddress) {
      self.address = address
      super.init(type: NetworkLibrary.ipType)
    }
    override func isEqual(to other: OpaqueValue) -> Bool {
      (other as? Address)?.address == address
    }
    override func hash(into hasher: inout Hasher) { hasher.combine(address) }
    override var text: String { "ip(\"\(address.text)\")" }
  }

  final class Network: OpaqueValue, @unchecked Sendable {
    let network: IPNetwork
    init(_ network: IPNetwork) {
      self.network = network
      super.init(type: NetworkLibrary.cidrType)
    }
    override func isEqual(to other: OpaqueValue) -> Bool {
      (other as? Network)?.network == network
    }
    override func hash(into hasher: inout Hasher) { hasher.combine(network) }
    override var text: String { "cidr(\"\(network.text)\")" }
  }

  static let declarations: [FunctionDeclaration] =
    [
      FunctionDeclaration(
        "ip",
        [
          Overload("string_to_ip", [.string], ipType, .unary { address("ip", $0).value }),
          ofNetwork("cidr_ip", "ip", ipType) { .opaque(Address($0.address)) },
        ]),
      FunctionDeclaration(
        "isIP",
        [
          Overload(
            "is_ip_string", [.string], .bool,
            .unary {
              guard case .string(let text) = $0 else { return .noSuchOverload("isIP", $0) }
              return .bool((try? IPAddress(text)) != nil)
            })
        ]),
      FunctionDeclaration(
        "ip.isCanonical",
        [
          Overload(
            "ip_is_canonical", [.string], .bool,
            .unary { text in
              switch address("ip.isCanonical", text) {
              case .address(let address):
                guard case .string(let text) = text else { return .bool(false) }
                return .bool(address.text == text)
              case .failed(let failure): return failure
              }
            })
        ]),
      FunctionDeclaration(
        "cidr",
        [Overload("string_to_cidr", [.string], cidrType, .unary { network("cidr", $0).value })]),
      FunctionDeclaration(
        "isCIDR",
        [
          Overload(
            "is_cidr_string", [.string], .bool,
            .unary {
              guard case .string(let text) = $0 else { return .noSuchOverload("isCIDR", $0) }
              return .bool((try? IPNetwork(text)) != nil)
            })
        ]),
      FunctionDeclaration(
        "string",
        [
          Overload("ip_to_string", [ipType], .string, .unary(text)),
          Overload("cidr_to_string", [cidrType], .string, .unary(text)),
        ]),
      FunctionDeclaration(
        "family", [ofAddress("ip_family", "family", .int) { .int($0.family) }]),
      FunctionDeclaration(
        "masked",
        [
          ofNetwork("cidr_masked", "masked", cidrType) {
            .opaque(
              Network(IPNetwork(address: $0.address.masked($0.prefix), prefix: $0.prefix)))
          }
        ]),
      FunctionDeclaration(
        "prefixLength",
        [ofNetwork("cidr_prefix_length", "prefixLength", .int) { .int(Int64($0.prefix)) }]),
      FunctionDeclaration(
        "containsIP",
        [
          contains("cidr_contains_ip_ip", "containsIP", ipType),
          contains("cidr_contains_ip_string", "containsIP", .string),
        ]),
      FunctionDeclaration(
        "containsCIDR",
        [
          contains("cidr_contains_cidr_cidr", "containsCIDR", cidrType),
          contains("cidr_contains_cidr_string", "containsCIDR", .string),
        ]),
    ]
    + tests.map { name, test in
      FunctionDeclaration(name, [ofAddress("ip_\(name)", name, .bool) { .bool(test($0)) }])
    }

  private static let tests: [(String, @Sendable (IPAddress) -> Bool)] = [
    ("isUnspecified", { $0.isUnspecified }), ("isLoopback", { $0.isLoopback }),
    ("isGlobalUnicast", { $0.isGlobalUnicast }),
    ("isLinkLocalMulticast", { $0.isLinkLocalMulticast }),
    ("isLinkLocalUnicast", { $0.isLinkLocalUnicast }),
  ]

  // MARK: - reading

  private enum ReadAddress {
    case address(IPAddress)
    case failed(Value)
    var value: Value {
      switch self {
      case .address(let address): .opaque(Address(address))
      case .failed(let failure): failure
      }
    }
  }

  private enum ReadNetwork {
    case network(IPNetwork)
    case failed(Value)
    var value: Value {
      switch self {
      case .network(let network): .opaque(Network(network))
      case .failed(let failure): failure
      }
    }
  }

  private static func address(_ function: String, _ value: Value) -> ReadAddress {
    switch value {
    case .string(let text):
      do throws(IPAddress.Problem) {
        return .address(try IPAddress(text))
      } catch {
        return .failed(.failure(.conversion, "`\(text)` \(error.rawValue)"))
      }
    case .opaque(let opaque as Address): return .address(opaque.address)
    default: return .failed(.noSuchOverload(function, value))
    }
  }

  private static func network(_ function: String, _ value: Value) -> ReadNetwork {
    switch value {
    case .string(let text):
      do throws(IPAddress.Problem) {
        return .network(try IPNetwork(text))
      } catch {
        let problem = error == .notAnAddress ? "is no network such as `10.0.0.0/8`" : error.rawValue
        return .failed(.failure(.conversion, "`\(text)` \(problem)"))
      }
    case .opaque(let opaque as Network): return .network(opaque.network)
    default: return .failed(.noSuchOverload(function, value))
    }
  }

  @Sendable private static func text(_ value: Value) -> Value {
    switch value {
    case .opaque(let opaque as Address): .string(opaque.address.text)
    case .opaque(let opaque as Network): .string(opaque.network.text)
    default: .noSuchOverload("string", value)
    }
  }

  // MARK: - overloads

  private static func ofAddress(
    _ id: String, _ name: String, _ result: CELType,
    _ body: @escaping @Sendable (IPAddress) -> Value
  ) -> Overload {
    Overload(
      id, [ipType], result, member: true,
      .unary { value in
        guard case .opaque(let opaque as Address) = value else {
          return .noSuchOverload(name, value)
        }
        return body(opaque.address)
      })
  }

  private static func ofNetwork(
    _ id: String, _ name: String, _ result: CELType,
    _ body: @escaping @Sendable (IPNetwork) -> Value
  ) -> Overload {
    Overload(
      id, [cidrType], result, member: true,
      .unary { value in
        guard case .opaque(let opaque as Network) = value else {
          return .noSuchOverload(name, value)
        }
        return body(opaque.network)
      })
  }

  private static func contains(_ id: String, _ name: String, _ other: CELType) -> Overload {
    Overload(
      id, [cidrType, other], .bool, member: true,
      .binary { value, other in
        guard case .opaque(let opaque as Network) = value else {
          return .noSuchOverload(name, value, other)
        }
        if name == "containsIP" {
          switch address(name, other) {
          case .address(let address): return .bool(opaque.network.contains(address))
          case .failed(let failure): return failure
          }
        }
        switch network(name, other) {
        case .network(let network): return .bool(opaque.network.contains(network))
        case .failed(let failure): return failure
        }
      })
  }
}

import Foundation

#if canImport(Glibc)
import Glibc
#elseif canImport(Darwin)
import Darwin
#endif

/// What one run of a program took.
struct RunCost {
  var seconds = 0.0
  var cpuSeconds = 0.0
  var megabytes = 0.0
  var status: Int32 = 0
}

enum Programs {
  /// The folder of this program: the others of the package lie beside it.
  static let folder: String = {
    let own = CommandLine.arguments[0]
    return own.split(separator: "/", omittingEmptySubsequences: false).dropLast()
      .joined(separator: "/")
  }()

  static func path(_ name: String) -> String { folder + "/" + name }

  /// The peak memory of a program, in megabytes. It is started by a small process of its own, since a
  /// program's peak counts from that of whoever started it.
  static func memory(_ program: String, _ arguments: [String]) -> Double {
    let path = NSTemporaryDirectory() + "plumbline-memory-\(getpid()).txt"
    defer { try? FileManager.default.removeItem(atPath: path) }
    _ = run(CommandLine.arguments[0], ["--memory", path, program] + arguments)
    let text = try? String(contentsOfFile: path, encoding: .utf8)
    return text.flatMap { Double($0) } ?? .infinity
  }

  /// Runs a program to its end, its output thrown away.
  static func run(_ program: String, _ arguments: [String]) -> RunCost {
    var actions = posix_spawn_file_actions_t()
    posix_spawn_file_actions_init(&actions)
    posix_spawn_file_actions_addopen(&actions, 0, "/dev/null", O_RDONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 1, "/dev/null", O_WRONLY, 0)
    posix_spawn_file_actions_addopen(&actions, 2, "/dev/null", O_WRONLY, 0)
    defer { posix_spawn_file_actions_destroy(&actions) }
    var argv: [UnsafeMutablePointer<CChar>?] = ([program] + arguments).map { strdup($0) }
    argv.append(nil)
    defer { for argument in argv { free(argument) } }
    var process: pid_t = 0
    let clock = ContinuousClock()
    let start = clock.now
    guard posix_spawn(&process, program, &actions, nil, argv, environ) == 0 else {
      return RunCost(status: -1)
    }
    var status: Int32 = 0
    var usage = rusage()
    wait4(process, &status, 0, &usage)
    let elapsed = clock.now - start
    var cost = RunCost(seconds: seconds(elapsed))
    cost.cpuSeconds =
      Double(usage.ru_utime.tv_sec + usage.ru_stime.tv_sec)
      + Double(usage.ru_utime.tv_usec + usage.ru_stime.tv_usec) / 1e6
    #if os(Linux)
    cost.megabytes = Double(usage.ru_maxrss) / 1024
    #else
    cost.megabytes = Double(usage.ru_maxrss) / 1_048_576
    #endif
    cost.status = (status >> 8) & 0xFF
    if status & 0x7F != 0 { cost.status = -(status & 0x7F) }
    return cost
  }

  /// The cheapest of several runs.
  static func best(of times: Int, _ program: String, _ arguments: [String]) -> RunCost {
    var best: RunCost?
    for _ in 0..<times {
      let cost = run(program, arguments)
      if cost.seconds < best?.seconds ?? .infinity { best = cost }
    }
    return best ?? RunCost(status: -1)
  }
}

func seconds(_ duration: Duration) -> Double {
  Double(duration.components.seconds) + Double(duration.components.attoseconds) / 1e18
}

/// The time of one call of a body.
func time(_ body: () -> Void) -> Double {
  let clock = ContinuousClock()
  return seconds(clock.measure(body))
}

/// The resident memory of this process, in megabytes.
func residentMegabytes() -> Double {
  #if os(Linux)
  guard let text = try? String(contentsOfFile: "/proc/self/statm", encoding: .utf8) else {
    return 0
  }
  let pages = text.split(separator: " ").dropFirst().first.flatMap { Double($0) } ?? 0
  return pages * Double(sysconf(Int32(_SC_PAGESIZE))) / 1_048_576
  #else
  return 0
  #endif
}

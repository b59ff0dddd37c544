import CEL
import Synchronization

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The zones of the IANA time zone database, as the system holds it.
///
/// What a zone's rules are depends on the system's copy, so an environment knows them only where it is
/// given them: `Environment(timeZones: SystemTimeZones.offset)`.
///
/// Source of the format: RFC 9636 (TZif).
public enum SystemTimeZones {
  /// Seconds east of UTC in a zone such as `Europe/Berlin`.
  /// - Parameter second: a moment, in seconds since 1970-01-01T00:00:00Z.
  /// - Returns: nil where the system has no such zone.
  @Sendable public static func offset(_ name: String, at second: Int64) -> Int64? {
    zone(name)?.offset(at: second)
  }

  private static let known = Mutex<[String: ZoneFile?]>([:])

  private static func zone(_ name: String) -> ZoneFile? {
    if let found = known.withLock({ $0[name] }) { return found }
    let read = load(name).flatMap { ZoneFile($0) }
    known.withLock {
      // Names come from expressions and their data: what is no zone must not fill the memory.
      if $0.count < 2_000 { $0[name] = .some(read) }
    }
    return read
  }

  private static func load(_ name: String) -> [UInt8]? {
    // Nothing that leads out of the database.
    guard !name.isEmpty, name.utf8.count <= 64,
      name.split(separator: "/", omittingEmptySubsequences: false).allSatisfy({ part in
        !part.isEmpty
          && part.utf8.allSatisfy { byte in
            (0x41...0x5A).contains(byte) || (0x61...0x7A).contains(byte)
              || (0x30...0x39).contains(byte) || byte == 0x5F || byte == 0x2B || byte == 0x2D
          }
      })
    else { return nil }
    let descriptor = open("/usr/share/zoneinfo/" + name, O_RDONLY | O_CLOEXEC)
    guard descriptor >= 0 else { return nil }
    defer { close(descriptor) }
    var bytes: [UInt8] = []
    var buffer = [UInt8](repeating: 0, count: 16_384)
    while true {
      let count = buffer.withUnsafeMutableBytes { read(descriptor, $0.baseAddress, $0.count) }
      if count < 0, errno == EINTR { continue }
      guard count >= 0, bytes.count <= 1 << 20 else { return nil }
      if count == 0 { return bytes }
      bytes += buffer[..<count]
    }
  }
}

/// One zone: offsets between moments, and a rule for what comes after the last.
struct ZoneFile {
  private var moments: [Int64] = []
  /// The offset from each moment on.
  private var offsets: [Int64] = []
  private var first: Int64 = 0
  private var rule: ZoneRule?

  init?(_ bytes: [UInt8]) {
    guard let old = Header(bytes, at: 0) else { return nil }
    var header = old
    var wide = 4
    if old.version >= 0x32 {
      guard let new = Header(bytes, at: 44 + old.size(4)) else { return nil }
      header = new
      wide = 8
    }
    var at = header.start
    func number(_ at: Int, _ count: Int) -> Int64 {
      var value: Int64 = bytes[at] & 0x80 != 0 ? -1 : 0
      for byte in bytes[at..<at + count] { value = value << 8 | Int64(byte) }
      return value
    }
    guard bytes.count >= at + header.size(wide), header.types > 0 else { return nil }
    for index in 0..<header.times { moments.append(number(at + index * wide, wide)) }
    at += header.times * wide
    let kinds = bytes[at..<at + header.times].map { Int($0) }
    at += header.times
    let ways = (0..<header.types).map { number(at + $0 * 6, 4) }
    guard kinds.allSatisfy({ $0 < ways.count }), ways.allSatisfy({ abs($0) < 200_000 }) else {
      return nil
    }
    offsets = kinds.map { ways[$0] }
    first = ways[0]
    at = header.start + header.size(wide)
    if wide == 8, at < bytes.count, bytes[at] == 0x0A,
      let end = bytes[(at + 1)...].firstIndex(of: 0x0A)
    {
      rule = ZoneRule(bytes[(at + 1)..<end])
    }
  }

  func offset(at second: Int64) -> Int64 {
    guard let last = moments.last else { return rule?.offset(at: second) ?? first }
    if second >= last, let rule { return rule.offset(at: second) }
    var low = 0
    var high = moments.count
    while low < high {
      let middle = (low + high) / 2
      if moments[middle] <= second { low = middle + 1 } else { high = middle }
    }
    return low == 0 ? first : offsets[low - 1]
  }

  private struct Header {
    var version: UInt8
    var start: Int
    var utcFlags, standardFlags, leaps, times, types, names: Int

    init?(_ bytes: [UInt8], at offset: Int) {
      guard offset >= 0, bytes.count >= offset + 44,
        bytes[offset..<offset + 4].elementsEqual("TZif".utf8)
      else { return nil }
      version = bytes[offset + 4]
      func count(_ index: Int) -> Int {
        bytes[(offset + 20 + index * 4)..<(offset + 24 + index * 4)].reduce(0) { $0 << 8 | Int($1) }
      }
      (utcFlags, standardFlags, leaps) = (count(0), count(1), count(2))
      (times, types, names) = (count(3), count(4), count(5))
      start = offset + 44
      guard [utcFlags, standardFlags, leaps, times, types, names].allSatisfy({ $0 < 1 << 20 })
      else { return nil }
    }

    func size(_ wide: Int) -> Int {
      times * (wide + 1) + types * 6 + names + leaps * (wide + 4) + standardFlags + utcFlags
    }
  }
}

/// A rule for each year, as the last line of a zone's file gives it: `CET-1CEST,M3.5.0,M10.5.0/3`.
private struct ZoneRule {
  private var standard: Int64 = 0
  private var summer: (offset: Int64, begin: Day, end: Day)?

  private struct Day {
    enum Kind {
      case month(Int64, week: Int64, day: Int64)
      /// From 1, 29 February never counted.
      case julian(Int64)
      /// From 0.
      case dayOfYear(Int64)
    }
    var kind: Kind
    /// Seconds from the day's beginning, by the clock before the change.
    var time: Int64

    func second(inYear year: Int64) -> Int64 {
      let newYear = TimeMath.days(year: year, month: 1, day: 1) ?? 0
      let isLeap = TimeMath.days(year: year, month: 2, day: 29) != nil
      let day: Int64
      switch kind {
      case .dayOfYear(let number): day = newYear + number
      case .julian(let number): day = newYear + number - 1 + (isLeap && number >= 60 ? 1 : 0)
      case .month(let month, let week, let weekday):
        let first = TimeMath.days(year: year, month: month, day: 1) ?? newYear
        var found = first + (weekday - TimeLibrary.weekday(first) + 7) % 7 + (week - 1) * 7
        // The fifth is the last.
        while week == 5, TimeMath.civil(found).month != month { found -= 7 }
        day = found
      }
      return day * 86400 + time
    }
  }

  func offset(at second: Int64) -> Int64 {
    guard let summer else { return standard }
    let year = TimeMath.civil(TimeMath.day(ofSecond: second + standard)).year
    let begin = summer.begin.second(inYear: year) - standard
    let end = summer.end.second(inYear: year) - summer.offset
    let isSummer =
      begin < end ? begin <= second && second < end : !(end <= second && second < begin)
    return isSummer ? summer.offset : standard
  }

  init?(_ text: ArraySlice<UInt8>) {
    var rest = text
    func skipName() -> Bool {
      if rest.first == 0x3C {
        guard let end = rest.firstIndex(of: 0x3E) else { return false }
        rest = rest[(end + 1)...]
        return true
      }
      let name = rest.prefix { (0x41...0x5A).contains($0) || (0x61...0x7A).contains($0) }
      rest = rest.dropFirst(name.count)
      return name.count >= 3
    }
    func number() -> Int64? {
      let digits = rest.prefix { (0x30...0x39).contains($0) }
      guard (1...3).contains(digits.count) else { return nil }
      rest = rest.dropFirst(digits.count)
      return digits.reduce(0) { $0 * 10 + Int64($1 - 0x30) }
    }
    func take(_ byte: UInt8) -> Bool {
      guard rest.first == byte else { return false }
      rest = rest.dropFirst()
      return true
    }
    /// `[+-]hh[:mm[:ss]]` in seconds.
    func span() -> Int64? {
      let sign: Int64 = take(0x2D) ? -1 : 1
      if sign == 1 { _ = take(0x2B) }
      guard let hours = number() else { return nil }
      var total = hours * 3600
      if take(0x3A) {
        guard let minutes = number() else { return nil }
        total += minutes * 60
        if take(0x3A) {
          guard let seconds = number() else { return nil }
          total += seconds
        }
      }
      return sign * total
    }
    func day() -> Day? {
      guard take(0x2C) else { return nil }
      let kind: Day.Kind
      if take(0x4D) {
        guard let month = number(), take(0x2E), let week = number(), take(0x2E),
          let day = number(), (1...12).contains(month), (1...5).contains(week), day <= 6
        else { return nil }
        kind = .month(month, week: week, day: day)
      } else if take(0x4A) {
        guard let number = number(), (1...365).contains(number) else { return nil }
        kind = .julian(number)
      } else {
        guard let number = number(), number <= 365 else { return nil }
        kind = .dayOfYear(number)
      }
      var time: Int64 = 7200
      if take(0x2F) {
        guard let given = span() else { return nil }
        time = given
      }
      return Day(kind: kind, time: time)
    }
    // The text counts westward.
    guard skipName(), let west = span() else { return nil }
    standard = -west
    if rest.isEmpty { return }
    guard skipName() else { return nil }
    var offset = standard + 3600
    if rest.first != 0x2C {
      guard let west = span() else { return nil }
      offset = -west
    }
    guard let begin = day(), let end = day(), rest.isEmpty else { return nil }
    summer = (offset, begin, end)
  }
}

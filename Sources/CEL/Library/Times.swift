/// Accessors of timestamps and durations.
package enum TimeLibrary {
  static let declarations = declarations(
    unknownZone: unknownZone, offset: { zone, _ in TimeMath.offset(zone) })

  /// The same with zones by name.
  static func declarations(_ zones: @escaping TimeZoneOffsets) -> [FunctionDeclaration] {
    declarations(
      unknownZone: { .failure(.invalidArgument, "`\($0)` is no time zone that is known here") },
      offset: { TimeMath.offset($0) ?? zones($0, $1) })
  }

  /// - Parameter offset: seconds east of UTC of a zone at a moment; nil where there is no such zone.
  private static func declarations(
    unknownZone: @escaping @Sendable (String) -> Value,
    offset: @escaping TimeZoneOffsets
  ) -> [FunctionDeclaration] {
    let parts: [(String, String, @Sendable (Int64, Int32) -> Int64)] = [
      ("getFullYear", "year", { seconds, _ in civil(seconds).year }),
      ("getMonth", "month", { seconds, _ in civil(seconds).month - 1 }),
      ("getDate", "day_of_month_1_based", { seconds, _ in civil(seconds).day }),
      ("getDayOfMonth", "day_of_month", { seconds, _ in civil(seconds).day - 1 }),
      ("getDayOfWeek", "day_of_week", { seconds, _ in weekday(TimeMath.day(ofSecond: seconds)) }),
      ("getDayOfYear", "day_of_year", { seconds, _ in dayOfYear(TimeMath.day(ofSecond: seconds)) }),
      ("getHours", "hours", { seconds, _ in secondOfDay(seconds) / 3600 }),
      ("getMinutes", "minutes", { seconds, _ in secondOfDay(seconds) / 60 % 60 }),
      ("getSeconds", "seconds", { seconds, _ in secondOfDay(seconds) % 60 }),
      ("getMilliseconds", "milliseconds", { _, nanoseconds in Int64(nanoseconds) / 1_000_000 }),
    ]
    let spans: [String: @Sendable (Duration) -> Int64] = [
      "getHours": { $0.seconds / 3600 }, "getMinutes": { $0.seconds / 60 },
      "getSeconds": { $0.seconds }, "getMilliseconds": { Int64($0.nanoseconds) / 1_000_000 },
    ]
    return parts.map { name, stem, part in
      var overloads = [
        Overload(
          "timestamp_to_\(stem)", [.timestamp], .int, member: true,
          .unary { value in
            guard case .timestamp(let time) = value else { return .noSuchOverload(name, value) }
            return .int(part(time.seconds, time.nanoseconds))
          }),
        Overload(
          "timestamp_to_\(stem)_with_tz", [.timestamp, .string], .int, member: true,
          .binary { value, zone in
            guard case .timestamp(let time) = value, case .string(let zoneName) = zone else {
              return .noSuchOverload(name, value, zone)
            }
            guard let offset = offset(zoneName, time.seconds) else {
              return unknownZone(zoneName)
            }
            return .int(part(time.seconds + offset, time.nanoseconds))
          }),
      ]
      if let span = spans[name] {
        overloads.append(
          Overload(
            "duration_to_\(stem)", [.duration], .int, member: true,
            .unary { value in
              guard case .duration(let duration) = value else {
                return .noSuchOverload(name, value)
              }
              return .int(span(duration))
            }))
      }
      return FunctionDeclaration(name, overloads)
    }
  }

  @Sendable static func unknownZone(_ zone: String) -> Value {
    .failure(.invalidArgument, "`\(zone)` is no fixed offset such as `+02:00` or `UTC`")
  }

  private static func civil(_ seconds: Int64) -> (year: Int64, month: Int64, day: Int64) {
    TimeMath.civil(TimeMath.day(ofSecond: seconds))
  }

  private static func secondOfDay(_ seconds: Int64) -> Int64 {
    seconds - TimeMath.day(ofSecond: seconds) * 86400
  }

  /// 0 is Sunday; 1970-01-01 was a Thursday.
  package static func weekday(_ day: Int64) -> Int64 { ((day + 4) % 7 + 7) % 7 }

  /// 0-based.
  static func dayOfYear(_ day: Int64) -> Int64 {
    let year = TimeMath.civil(day).year
    return day - (TimeMath.days(year: year, month: 1, day: 1) ?? day)
  }
}

/// The type `date`: a calendar day without a zone.
enum DateLibrary {
  static let declarations: [FunctionDeclaration] =
    [
      FunctionDeclaration(
        "date",
        [
          Overload("date_to_date", [.date], .date, .unary(convert)),
          Overload("string_to_date", [.string], .date, .unary(convert)),
          Overload("timestamp_to_date", [.timestamp], .date, .unary(convert)),
          Overload(
            "timestamp_to_date_with_tz", [.timestamp, .string], .date,
            .binary { value, zone in
              guard case .timestamp(let time) = value, case .string(let name) = zone else {
                return .noSuchOverload("date", value, zone)
              }
              guard let offset = TimeMath.offset(name) else {
                return TimeLibrary.unknownZone(name)
              }
              return TimeMath.date(TimeMath.day(ofSecond: time.seconds + offset))
            }),
          Overload(
            "int_int_int_to_date", [.int, .int, .int], .date,
            .variadic { arguments in
              guard arguments.count == 3, case .int(let year) = arguments[0],
                case .int(let month) = arguments[1], case .int(let day) = arguments[2]
              else { return .noSuchOverload("date", arguments) }
              guard let days = TimeMath.days(year: year, month: month, day: day) else {
                return .failure(.range, "there is no day \(year)-\(month)-\(day)")
              }
              return TimeMath.date(days)
            }),
        ]),
      FunctionDeclaration(
        "timestamp",
        [
          Overload(
            "date_to_timestamp", [.date], .timestamp, .unary(ConversionLibrary.timestamp))
        ]),
      FunctionDeclaration(
        "string",
        [Overload("date_to_string", [.date], .string, .unary(ConversionLibrary.string))]),
      FunctionDeclaration(
        "_+_",
        [
          Overload(
            "add_date_duration", [.date, .duration], .date, .binary(OperatorLibrary.add)),
          Overload(
            "add_duration_date", [.duration, .date], .date, .binary(OperatorLibrary.add)),
        ]),
      FunctionDeclaration(
        "_-_",
        [
          Overload(
            "subtract_date_date", [.date, .date], .duration, .binary(OperatorLibrary.subtract)),
          Overload(
            "subtract_date_duration", [.date, .duration], .date,
            .binary(OperatorLibrary.subtract)),
        ]),
    ] + comparisons + parts

  private static let comparisons = OperatorLibrary.Comparison.allCases.map { comparison in
    FunctionDeclaration(
      comparison.rawValue,
      [
        Overload(
          "\(comparison.stem)_date", [.date, .date], .bool,
          .binary { comparison.apply($0, $1) })
      ])
  }

  private static let parts: [FunctionDeclaration] = {
    let all: [(String, @Sendable (Int64) -> Int64)] = [
      ("getFullYear", { TimeMath.civil($0).year }), ("getMonth", { TimeMath.civil($0).month - 1 }),
      ("getDate", { TimeMath.civil($0).day }), ("getDayOfMonth", { TimeMath.civil($0).day - 1 }),
      ("getDayOfWeek", { TimeLibrary.weekday($0) }),
      ("getDayOfYear", { TimeLibrary.dayOfYear($0) }),
    ]
    return all.map { name, part in
      FunctionDeclaration(
        name,
        [
          Overload(
            "date_\(name)", [.date], .int, member: true,
            .unary { value in
              guard case .date(let day) = value else { return .noSuchOverload(name, value) }
              return .int(part(Int64(day)))
            })
        ])
    }
  }()

  @Sendable private static func convert(_ value: Value) -> Value {
    switch value {
    case .date: return value
    case .timestamp(let time): return TimeMath.date(TimeMath.day(ofSecond: time.seconds))
    case .string(let text):
      return TimeFormat.parseDate(text)
        ?? .failure(.conversion, "`\(text)` is no date such as `2024-05-15`")
    default: return .noSuchOverload("date", value)
    }
  }
}

import PlumblineDiagnostics
import Suggestions

/// Which columns of a log hold the case, the activity and the time.
struct LogColumns {
  var caseID: Int
  var activity: Int
  var time: Int
  var lifecycle: Int?

  static let usualCases = ["case:concept:name", "case_id", "case", "Case ID", "caseid"]
  static let usualActivities = ["concept:name", "activity", "activity name", "activity_name"]
  static let usualTimes = [
    "time:timestamp", "timestamp", "time", "complete timestamp", "end_timestamp", "datetime",
  ]

  /// - Parameters:
  ///   - names: the columns there are.
  ///   - what: what a column is called in this format.
  /// - Returns: the columns, or the message and the help that say why not.
  static func find(
    in names: [String], for log: LogImport, what: String
  ) -> Result<LogColumns, LogColumnError> {
    func find(_ wanted: String?, _ usual: [String], _ option: String) throws(LogColumnError) -> Int
    {
      for name in wanted.map({ [$0] }) ?? usual {
        if let exact = names.firstIndex(of: name) { return exact }
        let lower = name.lowercased()
        if let other = names.firstIndex(where: { $0.lowercased() == lower }) { return other }
      }
      let columns = "the log has \(LogText.list(names))"
      guard let wanted else {
        throw LogColumnError(
          message: "no \(what) with the \(option) of an event",
          help: "name one with --\(option); \(columns)")
      }
      let near = Suggest.nearest(wanted, among: names).map { "did you mean `\($0)`? " } ?? ""
      throw LogColumnError(
        message: "no \(what) `\(LogText.clip(wanted))` for --\(option)", help: near + columns)
    }
    do throws(LogColumnError) {
      var columns = LogColumns(
        caseID: try find(log.caseColumn, usualCases, "case"),
        activity: try find(log.activityColumn, usualActivities, "activity"),
        time: try find(log.timeColumn, usualTimes, "time"))
      if log.lifecycle != nil {
        columns.lifecycle = try find(LogImport.lifecycleKey, [], "lifecycle")
      }
      return .success(columns)
    } catch {
      return .failure(error)
    }
  }
}

/// A column that is not there.
struct LogColumnError: Error {
  var message: String
  var help: String
}

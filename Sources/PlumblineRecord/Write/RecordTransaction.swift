/// What a store offers while it alone writes: all of it is kept, or nothing.
public protocol RecordTransaction: LogReader {
  /// The last record; nil where there is none yet.
  func tail() throws -> (position: Int, hash: String)?
  /// The cases that records after a position are about: others may have written them.
  func cases(after position: Int) throws -> Set<String>
  /// Adds a record, with its index.
  func insert(_ record: StoredRecord) throws
  /// Makes a checkpoint the newest one.
  func setCheckpoint(_ checkpoint: Checkpoint) throws
  /// Deletes the bodies of a case's events. Heads stay.
  func eraseBodies(of caseID: String) throws
  /// Whether a case's bodies were erased.
  func isErased(_ caseID: String) throws -> Bool
  /// Whether a permit was redeemed.
  func isRedeemed(_ permit: String) throws -> Bool
}

/// A home of records. One transaction writes at a time, whatever process it is of.
public protocol RecordStore: Sendable {
  /// Runs a body that alone may write. What it did is on disk when this returns.
  func write<Result>(_ body: (any RecordTransaction) throws -> Result) throws -> Result
  /// Runs a body over a state of the log that does not change meanwhile.
  func read<Result>(_ body: (any LogReader) throws -> Result) throws -> Result
}

public import CEL

#if canImport(Darwin)
import Darwin
#else
import Glibc
#endif

/// The time of day, for events that are given none.
public enum SystemClock {
  /// Now.
  public static var now: Timestamp {
    var time = timespec()
    clock_gettime(CLOCK_REALTIME, &time)
    return Timestamp(seconds: Int64(time.tv_sec), nanoseconds: Int32(time.tv_nsec))
  }
}

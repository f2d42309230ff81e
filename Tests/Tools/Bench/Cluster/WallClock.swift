import Foundation

/// The clock that the processes of one machine share.
enum WallClock {
    /// Nanoseconds since 1970, as `date +%s%N` prints them.
    static func nanoseconds() -> Int64 {
        var now = timespec()
        clock_gettime(CLOCK_REALTIME, &now)
        return Int64(now.tv_sec) * 1_000_000_000 + Int64(now.tv_nsec)
    }
}

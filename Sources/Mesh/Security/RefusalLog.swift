/// Decides which refusals are logged: one a minute for each subject (a key, an address, an endpoint). All are counted.
struct RefusalLog {
    /// The time between two lines about one subject.
    private static let pause: Duration = .seconds(60)
    /// Subjects that are remembered: strangers make keys at will. Beyond it nothing new is logged until a minute is over.
    private static let subjects = 64

    private var last: [String: ContinuousClock.Instant] = [:]
    private var suppressed = 0

    /// Returns how many refusals were not logged since the last line; nil when this one is not to be logged either.
    mutating func admit(_ subject: String, now: ContinuousClock.Instant) -> Int? {
        if last.count >= Self.subjects { last = last.filter { now - $0.value < Self.pause } }
        let isDue = last[subject].map { now - $0 >= Self.pause } ?? (last.count < Self.subjects)
        guard isDue else {
            suppressed += 1
            return nil
        }
        last[subject] = now
        defer { suppressed = 0 }
        return suppressed
    }
}

/// Limits how often passwords may be tried, by name and address: a value; the caller passes the time.
///
/// A try counts as failed when it begins, so that a hundred at once are not a hundred free ones; a success takes that
/// back. After ``freeTries`` failures each further one doubles the pause, up to ``longestPause``.
struct LoginThrottle: Sendable {
    /// Failures without a pause: people mistype.
    static let freeTries = 5
    /// Failures of one address over all names without a pause: enough for an office behind one address, too few for a
    /// dictionary.
    static let freeTriesPerAddress = 50
    static let longestPause: Duration = .seconds(300)
    /// After this long without a try the failures are forgotten.
    static let memory: Duration = .seconds(900)
    /// Names and addresses remembered; when full, those without a pause are forgotten first, then the oldest.
    static let capacity = 10_000

    private struct Entry {
        var failures: Int
        var last: ContinuousClock.Instant
    }
    private var entries: [String: Entry] = [:]

    /// How many names and addresses are remembered.
    var count: Int { entries.count }

    /// Begins a try.
    /// - Returns: the pause before the next try; nil = the try may go on, and a success goes to
    ///   ``succeeded(name:address:)``.
    mutating func begin(name: String, address: String, now: ContinuousClock.Instant) -> Duration? {
        let keys = [("a " + address, Self.freeTriesPerAddress), (Self.key(name, address), Self.freeTries)]
        let pauses = keys.compactMap { key, free in self.pause(key, free: free, now: now) }
        if let longest = pauses.max() { return longest }
        for (key, _) in keys {
            var entry = entries[key] ?? Entry(failures: 0, last: now)
            if now - entry.last > Self.memory { entry.failures = 0 }
            entries[key] = Entry(failures: entry.failures + 1, last: now)
        }
        if entries.count > Self.capacity { forget(now: now) }
        return nil
    }

    /// Records that the last try of this name and address has succeeded.
    mutating func succeeded(name: String, address: String) {
        entries[Self.key(name, address)] = nil
        if let entry = entries["a " + address] {
            entries["a " + address] = entry.failures > 1 ? Entry(failures: entry.failures - 1, last: entry.last) : nil
        }
    }

    private func pause(_ key: String, free: Int, now: ContinuousClock.Instant) -> Duration? {
        guard let entry = entries[key], entry.failures >= free, now - entry.last <= Self.memory else { return nil }
        let pause = min(Duration.seconds(1 << min(entry.failures - free, 20)), Self.longestPause)
        let left = pause - (now - entry.last)
        return left > .zero ? left : nil
    }

    private mutating func forget(now: ContinuousClock.Instant) {
        entries = entries.filter { now - $0.value.last <= Self.longestPause }
        guard entries.count > Self.capacity else { return }
        for (key, _) in entries.sorted(by: { $0.value.last < $1.value.last }).prefix(Self.capacity / 4) {
            entries[key] = nil
        }
    }

    private static func key(_ name: String, _ address: String) -> String { "u \(address) \(name)" }
}

/// Decides when a standby reports what the other process is at: at each new step, and every 10 s of one.
struct WorkReport: Sendable {
    private static let pauseMs: Int64 = 10_000

    private var step: String?
    private var reportedAt: Int64 = 0
    private var pending: String?

    /// Takes the sign of the other process, in monotonic ms.
    mutating func look(_ sign: LifeSign.Reading?, at now: Int64) {
        guard let sign, let work = sign.work else {
            (step, pending) = (nil, nil)
            return
        }
        guard step != work || now - reportedAt >= Self.pauseMs else { return }
        (step, reportedAt) = (work, now)
        pending = "\(work), \(sign.seconds) s"
    }

    /// Returns a report that is due, once.
    mutating func take() -> String? {
        defer { pending = nil }
        return pending
    }
}

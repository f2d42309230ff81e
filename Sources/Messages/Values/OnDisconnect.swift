/// What becomes of a task whose device goes away while it runs and does not come back within the grace.
public struct OnDisconnect: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// It fails with `device_disconnected`.
    public static let fail = OnDisconnect(rawValue: "fail")
    /// It waits as long as it takes and goes on where it was; there is no lease on its work.
    public static let wait = OnDisconnect(rawValue: "wait")
    /// It goes back into the queue: its prompt is run again, as a new attempt.
    public static let requeue = OnDisconnect(rawValue: "requeue")

    /// Every name that this version knows.
    public static let all: [OnDisconnect] = [.fail, .wait, .requeue]
}

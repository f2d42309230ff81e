/// How often an end is asked whether it lives and when it counts as dead.
public struct MeshTiming: Sendable {
    /// Between two pings of the dialling end (ARCHITECTURE section 2).
    public var ping: Duration
    /// Silence after which the other end is dead.
    public var silence: Duration
    public init(ping: Duration = .seconds(1), silence: Duration = .seconds(4)) {
        self.ping = ping
        self.silence = silence
    }
}

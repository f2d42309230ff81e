/// How often a link pings its peer, and when a silent peer counts as lost.
public struct MeshTiming: Sendable {
    /// Time between two pings, sent by the dialling end.
    public var ping: Duration
    /// Silence after which the peer counts as lost.
    public var silence: Duration
    public init(ping: Duration = .seconds(1), silence: Duration = .seconds(4)) {
        self.ping = ping
        self.silence = silence
    }
}

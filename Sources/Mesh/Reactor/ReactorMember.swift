/// The owner of a socket on the reactor, which makes all calls on its thread.
protocol ReactorMember: AnyObject {
    /// The socket to poll; nil when there is none now.
    var socket: Socket? { get }
    /// When ``wake(_:)`` is due; nil = only after something was received.
    var nextWake: ContinuousClock.Instant? { get }
    /// Receives up to ``MeshBounds/received`` messages; true when there were any.
    func receive() -> Bool
    /// Does what is due.
    func wake(_ now: ContinuousClock.Instant)
    /// Reports that the thread did not run for `pause`, so silence during it is not the peers' fault.
    func excuseSilence(of pause: Duration)
    /// Closes the socket for good.
    func close(linger: Duration)
}

/// Times and costs of ``GatewayLimits`` that tests shorten.
struct GatewayTuning: Sendable {
    /// The cost of one password hash.
    var passwordCost = PasswordHash.Cost.standard
    /// The interval of pings to a WebSocket.
    var ping = GatewayLimits.ping
    /// A WebSocket that is silent for this long is lost.
    var silence = GatewayLimits.silence
    /// An executor must register within this time.
    var registration = GatewayLimits.registration
    /// What a registered executor may send.
    var executorRate = GatewayLimits.executorRate
    /// A viewer must give its token within this time.
    var token = GatewayLimits.viewerToken
    /// The most connections that are open at a time; nil = what the process's descriptors allow.
    var connections: Int?
    /// A request's body must have arrived after this long.
    var requestBody = GatewayLimits.requestBody
    /// When an HTTP client that does not read is closed.
    var stall = StallGuard.Timing()
    /// The interval of an event stream's heartbeats.
    var heartbeat = GatewayLimits.heartbeat
}

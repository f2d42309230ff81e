/// Times and prices that tests make smaller than ``GatewayLimits`` says.
struct GatewayTuning: Sendable {
    /// The price of a try of a password.
    var passwordCost = PasswordHash.Cost.standard
    /// Between two pings of an executor's WebSocket; tokens are looked at as often.
    var ping = GatewayLimits.ping
    /// After this long without a word an executor is gone.
    var silence = GatewayLimits.silence
    /// An executor says who it is within this time.
    var registration = GatewayLimits.registration
    /// A viewer gives its token within this time.
    var token = GatewayLimits.viewerToken
    /// How long a client need not read.
    var stall = StallGuard.Patience()
    /// How often an event stream shows that it is alive.
    var heartbeat = GatewayLimits.heartbeat
}

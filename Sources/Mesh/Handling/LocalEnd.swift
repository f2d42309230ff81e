import Logging

/// This end of its connections: what all peers of one listener or link share.
struct LocalEnd: Sendable {
    let identity: Identity
    let handlers: Handlers
    let reactor: Reactor
    let timing: MeshTiming
    let logger: Logger
}

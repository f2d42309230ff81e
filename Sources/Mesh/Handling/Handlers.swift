import Messages

/// What one end does with what it receives: a value, built before the end is opened.
///
/// All closures start on the reactor in the order of arrival. A request's may suspend; a notice's may not.
/// A type without a handler is answered with `unknown_type` (requests, subscriptions) or counted and dropped.
public struct Handlers: Sendable {
    /// An encoded answer and the name of its type.
    typealias Encoded = (type: String, body: [UInt8])

    /// Takes the body of a notice; throws when it cannot be read.
    typealias Notice = @Sendable ([UInt8], MessageContext) throws -> Void

    var requests: [String: @Sendable ([UInt8], MessageContext) async throws -> Encoded] = [:]
    var notices: [String: Notice] = [:]
    var subscriptions: [String: @Sendable ([UInt8], Outlet, MessageContext) throws -> Void] = [:]
    var relay: (@Sendable (Header, [UInt8], Peer) -> Bool)?
    var up: (@Sendable (Peer) -> Void)?
    var down: (@Sendable (Peer, String) -> Void)?

    public init() {}

    /// Answers requests of a type. A thrown ``Fault`` is sent as it is, any other error as `internal`. A body
    /// over 64 KiB is decoded off the reactor.
    public mutating func onRequest<R: Request>(
        _ type: R.Type, _ body: @escaping @Sendable (R, MessageContext) async throws -> R.Reply
    ) {
        let decode = Codec.decoder(R.self)
        requests[R.type] = { bytes, context in
            let request: R
            do {
                if bytes.count > MeshBounds.decodedInline {
                    request = try await Aside.decode(R.self, from: bytes)
                } else {
                    request = try decode(bytes)
                }
            } catch {
                throw Undecodable(error)
            }
            let reply = try await body(request, context)
            return (R.Reply.type, try Wire.encode(reply))
        }
    }

    /// Takes one-way messages of a type.
    /// - Parameter limit: Of the body in bytes; a larger one is dropped and counted, and not decoded.
    public mutating func onNotice<M: Message>(
        _ type: M.Type, atMost limit: Int = Limits.meshMessage,
        _ body: @escaping @Sendable (M, MessageContext) -> Void
    ) {
        let decode = Codec.decoder(M.self)
        notices[M.type] = { bytes, context in
            guard bytes.count <= limit else {
                throw Fault(.messageTooLarge, "a \(M.type) has at most \(limit) bytes")
            }
            body(try decode(bytes), context)
        }
    }

    /// Serves subscriptions of a type. The outlet is open until its ``Outlet/finish()``, its ``Outlet/fail(_:)``
    /// or its peer's end.
    public mutating func onSubscribe<S: Subscribe>(
        _ type: S.Type, _ body: @escaping @Sendable (S, Outlet, MessageContext) -> Void
    ) {
        subscriptions[S.type] = { bytes, outlet, context in
            body(try Wire.decode(S.self, from: bytes), outlet, context)
        }
    }

    /// Takes notices that have a session, before they are looked up by type: true = taken. For relays.
    public mutating func onRelay(_ body: @escaping @Sendable (Header, [UInt8], Peer) -> Bool) { relay = body }

    /// A peer has said hello.
    public mutating func onPeerUp(_ body: @escaping @Sendable (Peer) -> Void) { up = body }

    /// A peer has died, restarted (the old life goes down, the new one comes up) or said goodbye.
    public mutating func onPeerDown(_ body: @escaping @Sendable (Peer, _ reason: String) -> Void) { down = body }
}

/// The body of a request is not that of its type.
struct Undecodable: Error {
    let fault: Fault

    init(_ error: any Error) { fault = error as? Fault ?? Fault(.malformed, "the body cannot be read") }
}

/// Work that would hold the reactor up.
enum Aside {
    /// Decodes a large body on the global pool.
    static func decode<M: Message>(_ type: M.Type, from body: [UInt8]) async throws -> M {
        try await Task.detached(executorPreference: globalConcurrentExecutor) {
            try Wire.decode(M.self, from: body)
        }.value
    }
}

import Messages

/// The handlers of one end for the messages it receives: a value, complete before the end is opened.
///
/// All closures start on the reactor in the order of arrival. A request's closure may suspend, a notice's may not.
/// A request or subscription without a handler is answered with `unknown_type`; such a notice is counted and dropped.
public struct Handlers: Sendable {
    /// An encoded reply and the name of its type.
    typealias Encoded = (type: String, body: [UInt8])

    /// The handler of a notice, once its body is decoded; called on the reactor.
    typealias Prepared = @Sendable (MessageContext) -> Void

    /// Decodes the body of a notice; throws when it cannot be decoded. On any thread.
    typealias Notice = @Sendable ([UInt8]) throws -> Prepared

    var requests: [String: @Sendable ([UInt8], MessageContext) async throws -> Encoded] = [:]
    var notices: [String: Notice] = [:]
    var subscriptions: [String: @Sendable ([UInt8], ItemWriter, MessageContext) throws -> Void] = [:]
    var relay: (@Sendable (Header, [UInt8], Peer) -> Bool)?
    var up: (@Sendable (Peer) -> Void)?
    var down: (@Sendable (Peer, String) -> Void)?

    public init() {}

    /// The types that have a handler.
    public var types: Set<String> { Set(requests.keys).union(notices.keys).union(subscriptions.keys) }

    /// Handles requests of a type. A thrown ``Fault`` is sent as it is, any other error as `internal`. A body over
    /// 64 KiB is decoded off the reactor.
    public mutating func onRequest<R: Request>(
        _ type: R.Type, _ body: @escaping @Sendable (R, MessageContext) async throws -> R.Reply
    ) {
        let decode = Codec.decoder(R.self)
        requests[R.type] = { bytes, context in
            let request: R
            do {
                if bytes.count > MeshBounds.decodedInline {
                    request = try await Codec.decodeOffReactor(R.self, from: bytes)
                } else {
                    request = try decode(bytes)
                }
            } catch {
                throw UndecodableBody(error)
            }
            let reply = try await body(request, context)
            return (R.Reply.type, try Wire.encode(reply))
        }
    }

    /// Handles one-way messages of a type. A body over 64 KiB is decoded off the reactor; later notices of the same
    /// session wait for it, so that their order stays.
    public mutating func onNotice<M: Message>(
        _ type: M.Type, _ body: @escaping @Sendable (M, MessageContext) -> Void
    ) {
        let decode = Codec.decoder(M.self)
        notices[M.type] = { bytes in
            let message = try decode(bytes)
            return { body(message, $0) }
        }
    }

    /// Handles subscriptions of a type. The writer is open until its ``ItemWriter/finish()``, its
    /// ``ItemWriter/fail(_:)``, or until the subscriber cancels or is lost.
    public mutating func onSubscribe<S: Subscribe>(
        _ type: S.Type, _ body: @escaping @Sendable (S, ItemWriter, MessageContext) -> Void
    ) {
        subscriptions[S.type] = { bytes, writer, context in
            body(try Wire.decode(S.self, from: bytes), writer, context)
        }
    }

    /// Handles notices that have a session, before the lookup by type; returns true for those it has handled. For
    /// relays.
    public mutating func onRelay(_ body: @escaping @Sendable (Header, [UInt8], Peer) -> Bool) { relay = body }

    /// Called when a peer's hello is complete.
    public mutating func onPeerUp(_ body: @escaping @Sendable (Peer) -> Void) { up = body }

    /// Called when a peer is lost or has closed. After a restart the old incarnation goes down and the new one comes up.
    public mutating func onPeerDown(_ body: @escaping @Sendable (Peer, _ reason: String) -> Void) { down = body }
}

/// Thrown when the body of a request does not decode as its type.
struct UndecodableBody: Error {
    let fault: Fault

    init(_ error: any Error) { fault = error as? Fault ?? Fault(.malformed, "the body cannot be read") }
}

import Messages
import NIOCore

/// What a viewer is told in one message of its WebSocket, but for events (``EventFormat/message(_:id:)``).
enum ViewerWord: Equatable, Sendable {
    /// The token is good, and this user's.
    case ready(user: String)
    /// Nothing more comes for this subscription.
    case end(id: String)
    /// A subscription ended so; without an id, a message was refused.
    case error(id: String?, Fault)
    case devices(id: String, DeviceChanges)
    case pong

    /// As it is sent.
    var text: ByteBuffer {
        switch self {
        case .ready(let user): JSONBody.encode(Plain(type: "ready", user: user))
        case .end(let id): JSONBody.encode(Plain(type: "end", id: id))
        case .error(let id, let fault):
            JSONBody.encode(Plain(type: "error", id: id, code: Self.code(fault), detail: fault.message))
        case .devices(let id, let changes): JSONBody.encode(Devices(id, changes))
        case .pong: JSONBody.encode(Plain(type: "pong"))
        }
    }

    /// A code that is in the list for clients, as in an answer over HTTP.
    private static func code(_ fault: Fault) -> String { Problem(fault).fault.code.rawValue }

    private struct Plain: Encodable {
        var type: String
        var id: String?
        var user: String?
        var code: String?
        var detail: String?
    }

    private struct Devices: Encodable {
        var type = "devices"
        var id: String
        var snapshot: Bool
        var more: Bool
        var items: [DeviceBody]
        var removed: [String]

        init(_ id: String, _ changes: DeviceChanges) {
            self.id = id
            snapshot = changes.snapshot
            more = changes.more
            items = changes.devices.map(DeviceBody.init)
            removed = changes.removed.map(\.id)
        }
    }
}

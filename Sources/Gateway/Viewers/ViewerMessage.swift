import Messages
import NIOCore

/// A message of the gateway to a viewer's WebSocket, other than an event (``EventFormat/message(_:id:)``).
enum ViewerMessage: Equatable, Sendable {
    /// The token is valid and belongs to this user.
    case ready(user: String)
    /// A subscription has ended; nothing more comes for it.
    case end(id: String)
    /// A subscription has failed; without an id, a message was refused.
    case error(id: String?, Fault)
    case devices(id: String, DeviceChanges)
    case pong

    /// The message as JSON.
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

    /// The code that an HTTP answer would have.
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

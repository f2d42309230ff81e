import Messages
import NIOCore
import TestClient
import TestSupport

@testable import Gateway

/// A viewer at `/ws`.
struct TestViewer: Sendable {
    let socket: TestSocket

    /// A WebSocket that has sent nothing yet.
    static func dial(_ site: Site) async throws -> TestViewer {
        TestViewer(socket: try await TestSocket.dial(port: site.server.port, token: nil, path: "/ws"))
    }

    /// A WebSocket whose token was accepted.
    static func ready(_ site: Site, token: String? = nil) async throws -> TestViewer {
        let viewer = try await dial(site)
        try await viewer.send(#"{"type":"auth","token":"\#(token ?? site.api.token ?? "")"}"#)
        _ = try await viewer.message("ready")
        return viewer
    }

    func send(_ text: String) async throws { try await socket.send(.text, Array(text.utf8)) }

    func follow(_ id: String, _ task: TaskID, after: UInt64? = nil) async throws {
        let cursor = after.map { #","after":\#($0)"# } ?? ""
        try await send(#"{"type":"subscribe","id":"\#(id)","task":"\#(task)"\#(cursor)}"#)
    }

    /// Every message of the gateway, as JSON.
    func messages() throws -> [JSON] { try socket.texts.map { try JSON($0) } }

    /// Waits for the first message of a type.
    func message(_ type: String, id: String? = nil) async throws -> JSON {
        try await eventually("the message '\(type)'", within: .seconds(30)) {
            try messages().first { $0["type"].string == type && (id == nil || $0["id"].string == id) }
        }
    }

    /// Waits for the `number`th error.
    func error(_ number: Int = 1) async throws -> JSON {
        try await eventually("error \(number)", within: .seconds(30)) {
            let errors = try messages().filter { $0["type"].string == "error" }
            return errors.count >= number ? errors[number - 1] : nil
        }
    }

    /// The seqs of a subscription's events so far.
    func seqs(_ id: String) throws -> [Int] {
        try messages().filter { $0["type"].string == "event" && $0["id"].string == id }
            .compactMap { $0["event"]["seq"].int }
    }
}

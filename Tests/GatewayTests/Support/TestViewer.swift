import Messages
import NIOCore
import TestClient
import TestSupport

@testable import Gateway

/// A viewer at `/ws`.
struct TestViewer: Sendable {
    let socket: TestSocket

    /// A WebSocket that has said nothing yet.
    static func dial(_ site: Site) async throws -> TestViewer {
        TestViewer(socket: try await TestSocket.dial(port: site.server.port, token: nil, path: "/ws"))
    }

    /// One that has given its token.
    static func ready(_ site: Site, token: String? = nil) async throws -> TestViewer {
        let viewer = try await dial(site)
        try await viewer.say(#"{"type":"auth","token":"\#(token ?? site.api.token ?? "")"}"#)
        _ = try await viewer.word("ready")
        return viewer
    }

    func say(_ text: String) async throws { try await socket.send(.text, Array(text.utf8)) }

    func follow(_ id: String, _ task: TaskID, after: UInt64? = nil) async throws {
        let cursor = after.map { #","after":\#($0)"# } ?? ""
        try await say(#"{"type":"subscribe","id":"\#(id)","task":"\#(task)"\#(cursor)}"#)
    }

    /// Everything that was said, as JSON.
    func words() throws -> [JSON] { try socket.texts.map { try JSON($0) } }

    /// The first word of a type, waited for.
    func word(_ type: String, id: String? = nil) async throws -> JSON {
        try await eventually("the word '\(type)'", within: .seconds(30)) {
            try words().first { $0["type"].string == type && (id == nil || $0["id"].string == id) }
        }
    }

    /// The `number`th error, waited for.
    func error(_ number: Int = 1) async throws -> JSON {
        try await eventually("error \(number)", within: .seconds(30)) {
            let errors = try words().filter { $0["type"].string == "error" }
            return errors.count >= number ? errors[number - 1] : nil
        }
    }

    /// The numbers of a subscription's events so far.
    func seqs(_ id: String) throws -> [Int] {
        try words().filter { $0["type"].string == "event" && $0["id"].string == id }
            .compactMap { $0["event"]["seq"].int }
    }
}

import Foundation
import Synchronization
import TestSupport

/// A scripted gateway over real sockets: a test sets its replies and events, and reads the requests it received.
final class ScriptedGateway: Sendable {
    struct Request: Sendable, Equatable {
        /// Such as `POST /tasks`.
        var line: String
        /// The body's JSON with sorted keys, without `answer_id`; empty without a body.
        var body: String
        /// The body's `answer_id`.
        var answerID: String?

        /// A text field of the body.
        func field(_ name: String) -> String? {
            (try? JSONSerialization.jsonObject(with: Data(body.utf8)) as? [String: Any])?[name] as? String
        }
    }
    private struct State {
        var requests: [Request] = []
        var replies: [String: (status: Int, body: String)] = [:]
        var events: [String] = []
        var hasEnded = false
        /// The pending permission requests.
        var pending: [String] = []
    }

    static let task = "01a2038a-5d10-7c1e-9a54-0e3b0f7c2d11"
    static let conversation = "01a2038a-5d10-7c1e-9a54-0e3b0f7c2d12"
    static let approval = "01a2038b-11f0-7aa2-8c31-5f1f3b6e9d01"

    private let state = Mutex(State())
    private let server: TinyServer

    init() throws {
        let handler = Handler()
        server = try TinyServer { handler.handle($0) }
        handler.gateway.withLock { $0 = self }
    }

    /// Passes connections on. The server's closure is made before the gateway exists, so it holds this object instead.
    private final class Handler: Sendable {
        let gateway = Mutex<ScriptedGateway?>(nil)
        func handle(_ connection: TinyConnection) {
            guard let gateway = gateway.withLock({ $0 }) else { return }
            gateway.serve(connection)
        }
    }

    func stop() { server.stop() }

    var requests: [Request] { state.withLock { $0.requests } }

    /// The requests whose line begins with `prefix`.
    func requests(_ prefix: String) -> [Request] { requests.filter { $0.line.hasPrefix(prefix) } }

    /// Sets the reply to `METHOD /path`, with its whole query or for any query.
    func reply(_ line: String, _ body: String) { reply(line, 200, body) }

    /// Sets a reply with a status; status 0 closes the connection without a reply.
    func reply(_ line: String, _ status: Int, _ body: String) {
        state.withLock { $0.replies[line] = (status, body) }
    }

    /// Adds an event to the task's stream; `completed` ends the stream.
    /// - Parameter isTrue: false = a permission request that the gateway does not have.
    func emit(_ kind: String, _ data: String, isTrue: Bool = true) {
        state.withLock { state in
            let seq = state.events.count + 1
            state.events.append(
                "id: \(seq)\nevent: \(kind)\ndata: {\"seq\":\(seq),\"kind\":\"\(kind)\","
                    + "\"time\":\"2026-03-01T09:30:00.250Z\",\"data\":\(data)}\n\n")
            // As the gateway has it: a request is pending until its resolution.
            if kind == "permission_request", isTrue { state.pending.append(data) }
            if kind == "permission_resolved", let id = Self.approvalID(data) {
                state.pending.removeAll { Self.approvalID($0) == id }
            }
            if data.contains(#""state":"completed""#), kind == "state" { state.hasEnded = true }
        }
    }

    /// Sets the pending requests that `GET /approvals` lists for the task, whatever its events show.
    func setPending(_ approvals: [String]) { state.withLock { $0.pending = approvals } }

    private static func approvalID(_ data: String) -> String? {
        (try? JSONSerialization.jsonObject(with: Data(data.utf8)) as? [String: Any])?["id"] as? String
    }

    /// Ends the stream.
    func end() { state.withLock { $0.hasEnded = true } }

    /// Starts `wegent` with this gateway.
    func start(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess(Binaries.wegent, arguments, environment: environment)
    }

    /// Runs `wegent` with this gateway until it exits.
    func run(_ arguments: [String]) async throws -> UpProcess.Finished {
        let child = try start(arguments)
        child.closeInput()
        let status = try await child.exit()
        return UpProcess.Finished(status: status, output: child.stdout.text, errors: child.stderr.text)
    }

    var environment: [String: String] {
        ["WEGENT_BACKEND_URL": server.url, "WEGENT_TOKEN": "t", "HOME": "/nonexistent"]
    }

    // MARK: Replies

    private func serve(_ connection: TinyConnection) {
        while let request = connection.request() {
            let parts = request.line.split(separator: " ").map(String.init)
            guard parts.count > 1 else { return }
            if parts[1].hasSuffix("/events"), request.head.contains("text/event-stream") { return stream(connection) }
            let found = state.withLock { state -> (status: Int, body: String)? in
                state.requests.append(
                    Request(
                        line: parts[0] + " " + parts[1], body: Self.canonical(request.body),
                        answerID: Self.answerID(request.body)))
                let (line, path) = ("\(parts[0]) \(parts[1])", String(parts[1].split(separator: "?")[0]))
                if let reply = state.replies[line] { return reply }
                if path == "/approvals", line.contains("task=") { return (200, Self.list(state.pending)) }
                return state.replies["\(parts[0]) \(path)"]
            }
            if found?.status == 0 { return }
            let reply = found ?? (404, #"{"detail":"not here","code":"route_not_found"}"#)
            connection.answer(reply.status, headers: "Content-Type: application/json\r\n", body: reply.body)
        }
    }

    private func stream(_ connection: TinyConnection) {
        connection.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n: hi\n\n")
        var sent = 0
        while true {
            let (unsent, hasEnded) = state.withLock { (Array($0.events.dropFirst(sent)), $0.hasEnded) }
            sent += unsent.count
            for event in unsent where !connection.write(event) { return }
            if hasEnded { return }
            usleep(5000)
        }
    }

    private static func answerID(_ body: [UInt8]) -> String? {
        (try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])?["answer_id"] as? String
    }

    private static func canonical(_ body: [UInt8]) -> String {
        guard var value = try? JSONSerialization.jsonObject(with: Data(body)) else { return "" }
        // Differs in each run.
        if var fields = value as? [String: Any], fields.removeValue(forKey: "answer_id") != nil { value = fields }
        guard
            let data = try? JSONSerialization.data(
                withJSONObject: value, options: [.sortedKeys, .withoutEscapingSlashes])
        else { return "" }
        return String(decoding: data, as: UTF8.self)
    }

    // MARK: Bodies

    /// The task as JSON; `fields` are added.
    static func task(_ fields: String = #""state":"running""#) -> String {
        #"""
        {"id":"\#(task)","target":"default","device_id":"box","device_name":"Linux - box","conversation_id":"\#(conversation)",
         "agent":"claude-code","prompt":"test it","attempt":1,"last_seq":1,"created_at":"2026-03-01T09:30:00.250Z",\#(fields)}
        """#
    }

    /// An approval of the task as JSON; `fields` are added.
    static func approval(_ id: String = approval, _ fields: String = #""state":"pending""#) -> String {
        #"""
        {"id":"\#(id)","task_id":"\#(task)","attempt":1,"conversation_id":"\#(conversation)","device_id":"box",
         "device_name":"Linux - box","tool":"Bash","title":"npm test","input":{"command":"npm test"},"rule":"Bash(npm test:*)",
         "requested_at":"2026-03-01T09:30:00.250Z","expires_at":"2096-03-01T09:40:00.250Z",\#(fields)}
        """#
        .replacing("\n", with: "")
    }

    static func list(_ items: [String]) -> String {
        #"{"items":[\#(items.joined(separator: ","))],"next":null,"total":\#(items.count)}"#
    }
}

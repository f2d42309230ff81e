import Foundation
import Synchronization
import TestSupport

/// A gateway that answers as it is told, over real sockets, and keeps what it was asked.
final class StubGateway: Sendable {
    struct Asked: Sendable, Equatable {
        /// Such as `POST /tasks`.
        var line: String
        /// The body's JSON with its keys in order; empty without one.
        var body: String
        /// The body's `answer_id`, which is not in ``body``.
        var answer: String?
    }
    private struct State {
        var asked: [Asked] = []
        var answers: [String: (status: Int, body: String)] = [:]
        var events: [String] = []
        var ended = false
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

    /// Not held by the server's closure directly: that is made before there is a gateway.
    private final class Handler: Sendable {
        let gateway = Mutex<StubGateway?>(nil)
        func handle(_ connection: TinyConnection) {
            guard let gateway = gateway.withLock({ $0 }) else { return }
            gateway.serve(connection)
        }
    }

    func stop() { server.stop() }

    var asked: [Asked] { state.withLock { $0.asked } }

    /// What was asked in a line that begins so.
    func asked(_ beginning: String) -> [Asked] { asked.filter { $0.line.hasPrefix(beginning) } }

    /// What `METHOD /path` (with its whole query, or without any) is answered with from now on.
    func answer(_ line: String, _ body: String) { answer(line, 200, body) }

    /// As ``answer(_:_:)``, with another status than 200.
    func answer(_ line: String, _ status: Int, _ body: String) {
        state.withLock { $0.answers[line] = (status, body) }
    }

    /// The next event of the task.
    func emit(_ kind: String, _ data: String) {
        state.withLock { state in
            let seq = state.events.count + 1
            state.events.append(
                "id: \(seq)\nevent: \(kind)\ndata: {\"seq\":\(seq),\"kind\":\"\(kind)\","
                    + "\"time\":\"2026-03-01T09:30:00.250Z\",\"data\":\(data)}\n\n")
            if data.contains(#""state":"completed""#), kind == "state" { state.ended = true }
        }
    }

    /// No event follows; after a task's completion that is so by itself.
    func end() { state.withLock { $0.ended = true } }

    /// Starts `wegent` against it.
    func start(_ arguments: [String]) throws -> ChildProcess {
        try ChildProcess(Binaries.wegent, arguments, environment: environment)
    }

    /// Runs `wegent` against it to its end.
    func run(_ arguments: [String]) async throws -> UpProcess.Finished {
        let child = try start(arguments)
        child.closeInput()
        let status = try await child.exit()
        return UpProcess.Finished(status: status, output: child.stdout.text, errors: child.stderr.text)
    }

    var environment: [String: String] {
        ["WEGENT_BACKEND_URL": server.url, "WEGENT_TOKEN": "t", "HOME": "/nonexistent"]
    }

    // MARK: Answers

    private func serve(_ connection: TinyConnection) {
        while let request = connection.request() {
            let words = request.line.split(separator: " ").map(String.init)
            guard words.count > 1 else { return }
            if words[1].hasSuffix("/events"), request.head.contains("text/event-stream") { return stream(connection) }
            let found = state.withLock { state in
                state.asked.append(
                    Asked(
                        line: words[0] + " " + words[1], body: Self.canonical(request.body),
                        answer: Self.answer(request.body)))
                let path = words[1].split(separator: "?")[0]
                return state.answers[words[0] + " " + words[1]] ?? state.answers[words[0] + " " + path]
            }
            // As a gateway that dies before it has answered.
            if found?.status == 0 { return }
            let answer = found ?? (404, #"{"detail":"not here","code":"route_not_found"}"#)
            connection.answer(answer.status, headers: "Content-Type: application/json\r\n", body: answer.body)
        }
    }

    private func stream(_ connection: TinyConnection) {
        connection.write("HTTP/1.1 200 OK\r\nContent-Type: text/event-stream\r\nConnection: close\r\n\r\n: hi\n\n")
        var sent = 0
        while true {
            let (news, ended) = state.withLock { (Array($0.events.dropFirst(sent)), $0.ended) }
            sent += news.count
            for event in news where !connection.write(event) { return }
            if ended { return }
            usleep(5000)
        }
    }

    private static func answer(_ body: [UInt8]) -> String? {
        (try? JSONSerialization.jsonObject(with: Data(body)) as? [String: Any])?["answer_id"] as? String
    }

    private static func canonical(_ body: [UInt8]) -> String {
        guard var value = try? JSONSerialization.jsonObject(with: Data(body)) else { return "" }
        // A new one each time.
        if var fields = value as? [String: Any], fields.removeValue(forKey: "answer_id") != nil { value = fields }
        guard
            let data = try? JSONSerialization.data(
                withJSONObject: value, options: [.sortedKeys, .withoutEscapingSlashes])
        else { return "" }
        return String(decoding: data, as: UTF8.self)
    }

    // MARK: Bodies

    /// A task of this id.
    static func task(_ fields: String = #""state":"running""#) -> String {
        #"""
        {"id":"\#(task)","target":"default","device_id":"box","device_name":"Linux - box","conversation_id":"\#(conversation)",
         "agent":"claude-code","prompt":"test it","attempt":1,"last_seq":1,"created_at":"2026-03-01T09:30:00.250Z",\#(fields)}
        """#
    }

    /// An approval of the task's.
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

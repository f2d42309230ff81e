import Foundation
import Hummingbird
import Logging
import Synchronization

/// A model with the answers of a test, behind Anthropic's Messages API on a port of 127.0.0.1. The agent in front of it is
/// the real one.
///
/// ```swift
/// let model = try await ScriptedModel.start()
/// let gate = Gate()
/// model.answer(.text("Hel", .gate(gate), "lo"), to: "greet me")
/// … start `claude` with `model.environment(home: …)`, wait for "Hel", then
/// gate.open()
/// ```
/// A request without a matching turn is answered with an error text and kept in ``unscripted``. Claude Code's internal
/// requests are answered without using a turn.
public final class ScriptedModel: Sendable {
    private struct State {
        var script = Script()
        var rule: (@Sendable (ModelRequest) -> Turn?)?
        var requests: [ModelRequest] = []
        var internalRequests: [ModelRequest] = []
        var unscripted: [ModelRequest] = []
    }

    /// `http://127.0.0.1:PORT`.
    public let url: String
    private let state: Shared
    private let server: Task<Void, any Error>

    /// The state apart from the object, so that the server's routes do not keep the object alive.
    private final class Shared: Sendable { let value = Mutex(State()) }

    private init(url: String, state: Shared, server: Task<Void, any Error>) {
        self.url = url
        self.state = state
        self.server = server
    }

    /// Starts a model; ``stop()`` it at the end.
    /// - Throws: an error when no port can be bound.
    public static func start() async throws -> ScriptedModel {
        let state = Shared()
        let (ports, port) = AsyncStream.makeStream(of: Int.self, bufferingPolicy: .bufferingNewest(1))
        let router = Router()
        router.post("v1/messages") { request, _ in
            let body = try await request.body.collect(upTo: 64 << 20)
            let session = request.headers.first { $0.name.canonicalName == "x-claude-code-session-id" }?.value
            return try await Self.answer(Data(body.readableBytesView), session: session, state)
        }
        router.post("v1/messages/count_tokens") { _, _ in Self.json(#"{"input_tokens":1}"#) }
        // Other requests of a Claude Code version are not part of the conversation.
        for path: RouterPath in ["", "**"] {
            router.get(path) { _, _ in Self.json("{}") }
            router.on(path, method: .head) { _, _ in Self.json("{}") }
        }
        var logger = Logger(label: "scripted-model")
        logger.logLevel = .critical
        let application = Application(
            router: router, configuration: .init(address: .hostname("127.0.0.1", port: 0)),
            onServerRunning: { channel in port.yield(channel.localAddress?.port ?? 0) }, logger: logger)
        let server = Task {
            defer { port.finish() }
            try await application.runService(gracefulShutdownSignals: [])
        }
        for await number in ports {
            return ScriptedModel(url: "http://127.0.0.1:\(number)", state: state, server: server)
        }
        try await server.value
        throw CancellationError()
    }

    /// Adds turns, which answer in order the requests with `marker` in their prompt (the last user message), or any request
    /// when it is empty. After a turn with a tool call follows a request with the same prompt.
    public func answer(_ turns: Turn..., to marker: String = "") {
        state.value.withLock { state in
            for turn in turns { state.script.add(turn, marker: marker, isReusable: false) }
        }
    }

    /// Adds a reusable turn.
    public func always(_ turn: Turn, to marker: String = "") {
        state.value.withLock { $0.script.add(turn, marker: marker, isReusable: true) }
    }

    /// Sets a rule that is asked for a turn before the script; nil returned = the script answers. For a model behind many
    /// conversations, whose requests may be repeated.
    public func react(_ rule: @escaping @Sendable (ModelRequest) -> Turn?) { state.value.withLock { $0.rule = rule } }

    /// The requests of conversations, in the order of their arrival.
    public var requests: [ModelRequest] { state.value.withLock { $0.requests } }

    /// Returns the requests with `marker` in their prompt.
    public func requests(to marker: String) -> [ModelRequest] { requests.filter { $0.prompt.contains(marker) } }

    /// Claude Code's internal requests.
    public var internalRequests: [ModelRequest] { state.value.withLock { $0.internalRequests } }

    /// The requests without a matching turn.
    public var unscripted: [ModelRequest] { state.value.withLock { $0.unscripted } }

    /// The number of turns not used yet.
    public var left: Int { state.value.withLock { $0.script.left } }

    /// Returns variables that make Claude Code use this model and keep its files below `home`.
    public func environment(home: String) -> [String: String] {
        [
            "ANTHROPIC_BASE_URL": url, "ANTHROPIC_API_KEY": "x", "CLAUDE_CONFIG_DIR": "\(home)/.claude", "HOME": home,
            "DISABLE_TELEMETRY": "1", "DISABLE_AUTOUPDATER": "1", "CLAUDE_CODE_DISABLE_NONESSENTIAL_TRAFFIC": "1",
        ]
    }

    /// Closes the port and every connection.
    public func stop() async {
        server.cancel()
        _ = await server.result
    }

    deinit { server.cancel() }

    private static func answer(_ body: Data, session: String?, _ shared: Shared) async throws -> Response {
        let request: ModelRequest
        do {
            request = try ModelRequest(body, session: session)
        } catch {
            return failure(400, "invalid_request_error", "the body is not a request: \(error)")
        }
        let turn: Turn = shared.value.withLock { state in
            if request.isInternal {
                state.internalRequests.append(request)
                return .text("ok")
            }
            state.requests.append(request)
            if let turn = state.rule?(request) { return turn }
            if let turn = state.script.next(for: request.prompt) { return turn }
            state.unscripted.append(request)
            return .text("The script has no answer to this.")
        }
        switch turn.kind {
        case .hang:
            try await Gate().wait()
            throw CancellationError()
        case .failure(let status, let type, let message, let headers):
            var response = failure(status, type, message)
            for (name, value) in headers {
                response.headers[.init(name)!] = value
            }
            return response
        case .blocks(let blocks):
            let reply = ModelReply(model: request.model, blocks: blocks)
            guard request.stream else { return json(try await reply.whole()) }
            return Response(
                status: .ok, headers: [.contentType: "text/event-stream", .cacheControl: "no-cache"],
                body: ResponseBody { writer in
                    try await reply.stream { try await writer.write(ByteBuffer(string: $0)) }
                    try await writer.finish(nil)
                })
        }
    }

    private static func json(_ text: String, status: HTTPResponse.Status = .ok) -> Response {
        Response(
            status: status, headers: [.contentType: "application/json"],
            body: ResponseBody(byteBuffer: ByteBuffer(string: text)))
    }

    private static func failure(_ status: Int, _ type: String, _ message: String) -> Response {
        json(
            #"{"type":"error","error":{"type":\#(ModelReply.quoted(type)),"message":\#(ModelReply.quoted(message))}}"#,
            status: .init(code: status))
    }
}

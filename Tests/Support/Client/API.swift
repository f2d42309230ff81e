import Curl

/// The gateway's HTTP interface as one user sees it.
public struct API: Sendable {
    /// `http://HOST:PORT`.
    public let url: String
    /// The bearer token; nil = none is sent.
    public var token: String?
    let client: CurlClient

    public init(_ url: String, token: String? = nil, client: CurlClient = CurlClient()) {
        self.url = url
        self.token = token
        self.client = client
    }

    /// The same server with another token.
    public func with(token: String?) -> API { API(url, token: token, client: client) }

    /// Sends one request. `body` is JSON, or whatever a test wants to be taken for it.
    /// - Throws: `CurlError` when there is no answer within `timeout`.
    public func call(
        _ method: String, _ path: String, _ body: String? = nil, timeout: Duration = .seconds(60)
    ) async throws -> Answer {
        let request = request(method, path, body, timeout: timeout)
        let response = try await client.send(request)
        return Answer(
            status: response.status, type: response.headers["content-type"] ?? "",
            body: try await response.body.bytes(limit: 64 << 20))
    }

    /// Logs in and returns the interface with that user's token.
    public func login(_ user: String, _ password: String) async throws -> API {
        let body = #"{"username":\#(JSON.quoted(user)),"password":\#(JSON.quoted(password))}"#
        let reply = try await call("POST", "/auth/login", body).expect(200)
        return with(token: reply["token"].string)
    }

    /// A new API token.
    public func mint(_ name: String = "test") async throws -> String {
        try await call("POST", "/tokens", #"{"name":\#(JSON.quoted(name))}"#).expect(201)["token"].string ?? ""
    }

    /// The items of `GET /devices`.
    public func devices() async throws -> [JSON] { try await call("GET", "/devices").expect(200)["items"].items }

    /// The device of this name or id as it is now.
    public func device(_ name: String) async throws -> JSON? {
        try await devices().first { $0["name"].string == name || $0["id"].string == name }
    }

    /// Sends `POST /tasks` with these fields; nil ones are left out.
    /// - Parameter choices: Further fields as JSON, such as `"if_offline":"wait"`.
    public func post(
        _ prompt: String, agent: String? = "shell", target: String? = nil, conversation: String? = nil,
        cwd: String? = nil, key: String? = nil, choosing choices: String? = nil
    ) async throws -> Answer {
        let fields =
            [
                ("prompt", prompt), ("agent", agent), ("target", target), ("conversation_id", conversation),
                ("cwd", cwd),
                ("idempotency_key", key),
            ].compactMap { name, value in value.map { #""\#(name)":\#(JSON.quoted($0))"# } }
            + [choices].compactMap(\.self)
        return try await call("POST", "/tasks", "{\(fields.joined(separator: ","))}")
    }

    /// A new task, as `POST /tasks` answers.
    /// - Throws: ``Refusal`` when the answer is not 202.
    public func submit(
        _ prompt: String, agent: String? = "shell", target: String? = nil, conversation: String? = nil,
        cwd: String? = nil, choosing choices: String? = nil
    ) async throws -> JSON {
        try await post(
            prompt, agent: agent, target: target, conversation: conversation, cwd: cwd, choosing: choices
        ).expect(202)
    }

    /// A task as it is now.
    public func task(_ id: String) async throws -> JSON { try await call("GET", "/tasks/\(id)").expect(200) }

    /// Asks for a task to be cancelled.
    @discardableResult
    public func cancel(_ id: String) async throws -> JSON {
        try await call("POST", "/tasks/\(id)/cancel").expect(202)
    }

    /// One page of a task's events, and where the next begins.
    public func page(_ id: String, after: Int = 0, limit: Int = 1000) async throws -> (items: [TaskEvent], next: JSON) {
        let page = try await call("GET", "/tasks/\(id)/events?after=\(after)&limit=\(limit)").expect(200)
        return (try page["items"].items.map(TaskEvent.init), page["next"])
    }

    /// Watches a task live, from the event after `after` on.
    public func watch(_ id: String, after: Int? = nil) -> Viewer { Viewer(self, task: id, after: after) }

    /// Opens a task's live stream after the event `after`, whatever is answered.
    public func stream(_ id: String, after: Int) async throws -> CurlResponse {
        var request = request("GET", "/tasks/\(id)/events", nil, timeout: nil)
        request.headers["Accept"] = "text/event-stream"
        if after > 0 { request.headers["Last-Event-ID"] = "\(after)" }
        return try await client.send(request)
    }

    /// Waits for the end of a task and returns it with all its events.
    public func end(of id: String, within limit: Duration = .seconds(60)) async throws -> Ended {
        let events = try await watch(id).end(within: limit)
        return Ended(task: try await task(id), events: events)
    }

    /// Closes every connection; no call after it.
    public func shutdown() async { await client.shutdown() }

    func request(_ method: String, _ path: String, _ body: String?, timeout: Duration?) -> CurlRequest {
        var headers: CurlHeaders = [:]
        if let token { headers["Authorization"] = "Bearer \(token)" }
        if body != nil { headers["Content-Type"] = "application/json" }
        return CurlRequest(
            method, url + path, headers: headers, body: body.map { Array($0.utf8) }, idleTimeout: .seconds(60),
            totalTimeout: timeout)
    }
}

/// A task at its end.
public struct Ended: Sendable {
    public let task: JSON
    public let events: [TaskEvent]
    public var state: String { task["state"].string ?? "" }
    /// All text, in order.
    public var text: String { events.map(\.text).joined() }
}

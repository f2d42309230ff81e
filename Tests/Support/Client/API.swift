import Curl

/// A client of the gateway's HTTP interface for one user.
public struct API: Sendable {
    /// `http://HOST:PORT`.
    public let url: String
    /// The bearer token; nil = send none.
    public var token: String?
    let client: CurlClient

    public init(_ url: String, token: String? = nil, client: CurlClient = CurlClient()) {
        self.url = url
        self.token = token
        self.client = client
    }

    /// Returns a client of the same server with another token.
    public func with(token: String?) -> API { API(url, token: token, client: client) }

    /// Sends one request. `body` is sent as JSON and not checked.
    /// - Throws: `CurlError` when there is no response within `timeout`.
    public func call(
        _ method: String, _ path: String, _ body: String? = nil, timeout: Duration = .seconds(60)
    ) async throws -> APIResponse {
        let request = request(method, path, body, timeout: timeout)
        let response = try await client.send(request)
        return APIResponse(
            status: response.status, type: response.headers["content-type"] ?? "",
            body: try await response.body.bytes(limit: 64 << 20))
    }

    /// Logs in and returns a client with that user's token.
    public func login(_ user: String, _ password: String) async throws -> API {
        let body = #"{"username":\#(JSON.quoted(user)),"password":\#(JSON.quoted(password))}"#
        let reply = try await call("POST", "/auth/login", body).expect(200)
        return with(token: reply["token"].string)
    }

    /// Creates an API token and returns it.
    public func createToken(_ name: String = "test") async throws -> String {
        try await call("POST", "/tokens", #"{"name":\#(JSON.quoted(name))}"#).expect(201)["token"].string ?? ""
    }

    /// Returns the items of `GET /devices`.
    public func devices() async throws -> [JSON] { try await call("GET", "/devices").expect(200)["items"].items }

    /// Returns the device of this name or id; nil when there is none.
    public func device(_ name: String) async throws -> JSON? {
        try await devices().first { $0["name"].string == name || $0["id"].string == name }
    }

    /// Sends `POST /tasks` with these fields, without those that are nil.
    /// - Parameter choices: Further fields as JSON, such as `"if_offline":"wait"`.
    public func post(
        _ prompt: String, agent: String? = "shell", target: String? = nil, conversation: String? = nil,
        cwd: String? = nil, key: String? = nil, choosing choices: String? = nil
    ) async throws -> APIResponse {
        let fields =
            [
                ("prompt", prompt), ("agent", agent), ("target", target), ("conversation_id", conversation),
                ("cwd", cwd),
                ("idempotency_key", key),
            ].compactMap { name, value in value.map { #""\#(name)":\#(JSON.quoted($0))"# } }
            + [choices].compactMap(\.self)
        return try await call("POST", "/tasks", "{\(fields.joined(separator: ","))}")
    }

    /// Submits a task and returns it as `POST /tasks` does.
    /// - Throws: ``UnexpectedStatus`` when the status is not 202.
    public func submit(
        _ prompt: String, agent: String? = "shell", target: String? = nil, conversation: String? = nil,
        cwd: String? = nil, choosing choices: String? = nil
    ) async throws -> JSON {
        try await post(
            prompt, agent: agent, target: target, conversation: conversation, cwd: cwd, choosing: choices
        ).expect(202)
    }

    /// Returns a task.
    public func task(_ id: String) async throws -> JSON { try await call("GET", "/tasks/\(id)").expect(200) }

    /// Requests the cancellation of a task.
    @discardableResult
    public func cancel(_ id: String) async throws -> JSON {
        try await call("POST", "/tasks/\(id)/cancel").expect(202)
    }

    /// Returns one page of a task's events, and the start of the next page.
    public func page(_ id: String, after: Int = 0, limit: Int = 1000) async throws -> (items: [TaskEvent], next: JSON) {
        let page = try await call("GET", "/tasks/\(id)/events?after=\(after)&limit=\(limit)").expect(200)
        return (try page["items"].items.map(TaskEvent.init), page["next"])
    }

    /// Follows a task's live stream from the event after `after` on.
    public func watch(_ id: String, after: Int? = nil) -> TestViewer { TestViewer(self, task: id, after: after) }

    /// Opens a task's live stream after the event `after` and returns the response, whatever its status.
    public func stream(_ id: String, after: Int) async throws -> CurlResponse {
        var request = request("GET", "/tasks/\(id)/events", nil, timeout: nil)
        request.headers["Accept"] = "text/event-stream"
        if after > 0 { request.headers["Last-Event-ID"] = "\(after)" }
        return try await client.send(request)
    }

    /// Waits for a task's end and returns it with all its events.
    public func end(of id: String, within limit: Duration = .seconds(60)) async throws -> FinishedTask {
        let events = try await watch(id).end(within: limit)
        return FinishedTask(task: try await task(id), events: events)
    }

    /// Closes every connection; the client cannot be used afterwards.
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

/// A task that has ended.
public struct FinishedTask: Sendable {
    public let task: JSON
    public let events: [TaskEvent]
    public var state: String { task["state"].string ?? "" }
    /// All text of its events, in order.
    public var text: String { events.map(\.text).joined() }
}

import Foundation
import TestClient
import TestCluster
import TestSupport
import Testing

extension Integration {
    /// Each error has a stable code and a message, and the services keep working.
    @Suite("Refusals")
    struct RefusalTests {
        private func expect(
            _ answer: APIResponse, _ status: Int, _ code: String, _ location: SourceLocation = #_sourceLocation
        ) {
            #expect(answer.status == status, "\(UnexpectedStatus(response: answer))", sourceLocation: location)
            #expect(answer.code == code, "\(UnexpectedStatus(response: answer))", sourceLocation: location)
            #expect(answer.type.hasPrefix("application/problem+json"), "\(answer.type)", sourceLocation: location)
            let problem = answer.json
            #expect(problem["status"].int == status, sourceLocation: location)
            #expect(problem["detail"].string?.isEmpty == false, sourceLocation: location)
            #expect(
                problem.keys.isSuperset(of: ["type", "title", "status", "detail", "code"]), sourceLocation: location)
        }

        @Test("Each invalid request has its own code, and the services keep working")
        func invalidRequests() async throws {
            try await Cluster.with { cluster in
                let api = cluster.api
                let anonymous = api.with(token: nil)
                expect(try await anonymous.call("GET", "/devices"), 401, "token_missing")
                expect(try await api.with(token: "nonsense").call("GET", "/devices"), 401, "token_invalid")
                let forged = (api.token ?? "").split(separator: ".").dropLast().joined(separator: ".") + ".AAAA"
                expect(try await api.with(token: forged).call("GET", "/devices"), 401, "token_invalid")
                let old = try await cluster.expiredToken()
                expect(try await api.with(token: old).call("GET", "/devices"), 401, "token_expired")
                expect(
                    try await anonymous.call("POST", "/auth/login", #"{"username":"ada","password":"wrong"}"#), 401,
                    "login_failed")
                expect(
                    try await anonymous.call("POST", "/auth/login", #"{"username":"eve","password":"wrong"}"#), 401,
                    "login_failed")

                expect(try await api.call("POST", "/tasks", "{\"prompt\":"), 400, "invalid_json")
                expect(try await api.call("POST", "/tasks", "[1,2]"), 400, "invalid_request")
                expect(try await api.call("POST", "/tasks", #"{"target":"cloud"}"#), 400, "invalid_request")
                expect(try await api.call("POST", "/tasks", #"{"prompt":7,"target":"cloud"}"#), 400, "invalid_request")
                for prompt in ["", " \n\t "] {
                    expect(try await api.post(prompt, target: "executor"), 422, "prompt_empty")
                }
                let long = String(repeating: "a", count: 2 << 20)
                expect(try await api.post(long, target: "executor"), 413, "prompt_too_large")
                expect(try await api.post("echo", target: "no-such-device"), 404, "device_not_found")
                expect(try await api.post("echo"), 409, "target_required")
                expect(try await api.call("GET", "/tasks/not-an-id"), 404, "task_not_found")
                let unknown = "01890000-0000-7000-8000-000000000000"
                expect(try await api.call("GET", "/tasks/\(unknown)"), 404, "task_not_found")
                expect(try await api.call("POST", "/tasks/\(unknown)/cancel"), 404, "task_not_found")
                expect(try await api.call("GET", "/tasks/\(unknown)/events"), 404, "task_not_found")
                expect(try await api.call("PUT", "/devices/nothing/default"), 404, "device_not_found")
                expect(try await api.call("GET", "/no/such/path"), 404, "route_not_found")
                expect(try await api.call("PATCH", "/tasks"), 405, "method_not_allowed")

                let key = try await api.post("echo once", target: "executor", key: "k1")
                #expect(key.status == 202)
                let again = try await api.post("echo once", target: "executor", key: "k1")
                #expect(again.status == 202 && again.json["id"] == key.json["id"])
                expect(try await api.post("echo twice", target: "executor", key: "k1"), 409, "idempotency_mismatch")

                let cloud = try await api.submit("echo", target: "cloud")
                #expect(cloud["state"].string == "queued" && cloud["reason"].string == "no_cloud_executor")

                let created = try await api.call("POST", "/tokens", #"{"name":"short"}"#).expect(201)
                let short = api.with(token: created["token"].string)
                #expect(try await short.call("GET", "/devices").status == 200)
                #expect(try await api.call("DELETE", "/tokens/\(created["id"].string ?? "")").status == 204)
                try await eventually("the revoked token is refused", within: .seconds(5)) {
                    try await short.call("GET", "/devices").code == "token_revoked"
                }
                #expect(try await cluster.run("echo still here", agent: "shell").text.contains("still here"))
            }
        }

        @Test("A task has every field, with null for empty ones")
        func taskFields() async throws {
            try await Cluster.with { cluster in
                let task = try await cluster.run("echo hello", agent: "shell").task
                #expect(
                    task.keys == [
                        "id", "state", "target", "device_id", "device_name", "conversation_id", "agent", "prompt",
                        "cwd", "attempt", "queue_position", "reason", "error", "stalled", "last_seq", "created_at",
                        "started_at", "ended_at", "cancel_requested_at", "priority", "queue_ttl_s", "if_offline",
                        "on_disconnect", "grace_s", "timeout_s", "idle_timeout_s", "permission_mode", "retry_of",
                        "waiting_for", "waiting", "background", "on_limit", "terminal", "split_output",
                    ])
                for name in [
                    "cwd", "queue_position", "reason", "error", "stalled", "cancel_requested_at", "permission_mode",
                    "retry_of", "waiting_for", "waiting", "background", "terminal",
                ] {
                    #expect(task[name] == .null, "\(name)")
                }
                #expect(task["device_name"].string == "executor")
                #expect(task["attempt"].int == 1)
                let device = try #require(try await cluster.api.device("executor"))
                #expect(
                    device.keys.isSuperset(of: [
                        "id", "name", "status", "is_default", "slots", "version", "agents", "platform",
                        "last_seen_at", "connected_at",
                    ]), "\(device)")
                let agents = device["agents"].items
                #expect(agents.contains { $0["name"].string == "shell" && $0["ready"].bool == true }, "\(agents)")
                #expect(
                    agents.allSatisfy {
                        $0.keys == [
                            "name", "version", "ready", "detail", "permission_modes", "can_steer", "has_terminal",
                        ]
                    })
            }
        }

        /// A submission for the device `executor`.
        private static func body(agent: String = "claude-code", mode: String? = nil, directory: String? = nil) -> String
        {
            let choice = mode.map { #","permission_mode":"\#($0)""# } ?? ""
            let place = directory.map { #","cwd":"\#($0)""# } ?? ""
            return #"{"prompt":"hello","target":"executor","agent":"\#(agent)"\#(choice)\#(place)}"#
        }

        @Test("A device refuses agents that its machine does not allow")
        func agents() async throws {
            var options = Cluster.Options()
            options.executor = []
            options.claude = "/nonexistent/claude"
            try await Cluster.with(options) { cluster in
                let shell = try await cluster.run("echo hello", agent: "shell")
                #expect(shell.state == "failed")
                #expect(shell.task["error"]["code"].string == "agent_not_allowed", "\(shell.task)")
                let missing = try await cluster.run("hello")
                #expect(missing.task["error"]["code"].string == "agent_missing", "\(missing.task)")
                #expect(missing.task["error"]["message"].string?.contains("claude") == true)
                let unknown = try await cluster.api.call("POST", "/tasks", Self.body(agent: "abacus"))
                #expect(unknown.status == 422 && unknown.code == "agent_unknown", "\(unknown)")
                let bypass = try await cluster.api.call("POST", "/tasks", Self.body(mode: "bypass"))
                #expect(bypass.status == 422 && bypass.code == "permission_mode_not_allowed", "\(bypass)")
                let split = try await cluster.api.call(
                    "POST", "/tasks", #"{"prompt":"hello","target":"executor","split_output":true}"#)
                #expect(split.status == 400 && split.code == "invalid_request", "\(split)")
                let claude = try await cluster.api.device("executor")?["agents"].items
                    .first { $0["name"].string == "claude-code" }
                #expect(claude?["ready"].bool == false && claude?["detail"].string?.isEmpty == false)
            }
        }

        @Test("A device refuses a directory outside the allowed ones")
        func directories() async throws {
            let allowed = try TemporaryDirectory()
            var options = Cluster.Options()
            options.executor = ["--allow-shell", "--allow-dir", allowed.path]
            try await Cluster.with(options) { cluster in
                let api = cluster.api
                let inside = try await api.submit("pwd -P", target: "executor", cwd: try allowed.folder("project"))
                #expect(try await api.end(of: inside["id"].string ?? "").text == "\(allowed.path)/project\n")
                try FileManager.default.createSymbolicLink(
                    atPath: allowed.file("way-out"), withDestinationPath: "/etc")
                for path in ["/etc", "\(allowed.path)/../"] {
                    let refused = try await api.call("POST", "/tasks", Self.body(directory: path))
                    #expect(refused.status == 422 && refused.code == "cwd_not_allowed", "\(path): \(refused)")
                }
                // Only the device knows where links lead, and which directories exist.
                for path in [allowed.file("way-out"), allowed.file("nowhere")] {
                    let outside = try await api.submit("pwd", target: "executor", cwd: path)
                    let ended = try await api.end(of: outside["id"].string ?? "")
                    #expect(ended.task["error"]["code"].string == "cwd_not_allowed", "\(path): \(ended.task)")
                }
            }
        }

        @Test("Executor and command line report an invalid token or address")
        func tokenAndAddress() async throws {
            var options = Cluster.Options()
            options.executor = nil
            try await Cluster.with(options) { cluster in
                let good = try await cluster.api.createToken("cli")
                let expired = try await cluster.expiredToken()
                var environment = cluster.environment(token: "")
                for (token, reason) in [("nonsense", "token"), (expired, "expired")] {
                    environment["WEGENT_TOKEN"] = token
                    let listing = try ChildProcess(Binaries.wegent, ["devices"], environment: environment)
                    #expect(try await listing.exit() == .exited(1))
                    #expect(listing.stderr.text.contains(reason), "\(listing.stderr.text)")
                    let refused = try ChildProcess(
                        Binaries.executor, ["--mode", "local", "--home", cluster.directory.file("refused")],
                        environment: environment)
                    let line = try await refused.stderr.line("a message with \(reason)") { $0.contains(reason) }
                    #expect(!line.contains(token), "the log contains the token")
                    if refused.ended == nil { try await refused.stop() }
                }

                environment["WEGENT_TOKEN"] = good
                environment["WEGENT_BACKEND_URL"] = "http://127.0.0.1:\(try FreePort.next())"
                let lost = try ChildProcess(Binaries.wegent, ["devices"], environment: environment)
                #expect(try await lost.exit() == .exited(1))
                #expect(lost.stderr.text.contains(environment["WEGENT_BACKEND_URL"] ?? ""), "\(lost.stderr.text)")
                let waiting = try ChildProcess(
                    Binaries.executor, ["--mode", "local", "--home", cluster.directory.file("waiting")],
                    environment: environment)
                _ = try await waiting.stderr.line("a line that names the address") { $0.contains("127.0.0.1") }
                #expect(waiting.ended == nil, "an executor keeps retrying its server")
                try await waiting.stop()

                environment["WEGENT_BACKEND_URL"] = cluster.api.url
                let fine = try ChildProcess(Binaries.wegent, ["devices", "--json"], environment: environment)
                #expect(try await fine.exit() == .exited(0), "\(fine.stderr.text)")
            }
        }
    }
}

import Messages
import TestClient
import TestSupport
import Testing

@testable import Gateway

@Suite("Requests to the mesh", .serialized)
struct MeshRequestTests {
    @Test("A task is submitted to the leader as requested, and the answer has every field")
    func submit() async throws {
        try await Site.with { site in
            let answer = try await site.api.call("POST", "/tasks", #"{"prompt":"do it","unknown":1}"#).expect(202)
            #expect(
                answer.keys == [
                    "id", "state", "target", "device_id", "device_name", "conversation_id", "agent", "prompt", "cwd",
                    "attempt", "queue_position", "reason", "error", "stalled", "last_seq", "created_at", "started_at",
                    "ended_at", "cancel_requested_at", "retry_of", "waiting_for", "priority", "queue_ttl_s",
                    "if_offline",
                    "on_disconnect", "grace_s", "timeout_s", "idle_timeout_s", "permission_mode",
                    "background", "on_limit", "waiting", "terminal", "split_output",
                ])
            #expect(answer["cwd"] == .null && answer["error"] == .null && answer["state"].string == "queued")
            let submit = try #require(site.dispatcher.submits.last)
            #expect(submit.owner == site.ada.id && submit.target == .defaultDevice && submit.agent == "claude-code")
            #expect(answer["id"].string == submit.task.description)
            #expect(submit.digest?.count == 64)

            let conversation = ConversationID.generate()
            _ = try await site.send(
                "POST", "/tasks", headers: [("Idempotency-Key", "k1")],
                body: Array(
                    #"{"prompt":"p","target":"cloud","agent":"shell","cwd":"/w","conversation_id":"\#(conversation)"}"#
                        .utf8))
            let second = try #require(site.dispatcher.submits.last)
            #expect(second.target == .cloud && second.agent == "shell" && second.cwd == "/w")
            #expect(second.conversation == conversation && second.idempotencyKey == "k1")
            _ = try await site.api.call(
                "POST", "/tasks", #"{"prompt":"do it","target":"default","idempotency_key":"k"}"#)
            #expect(site.dispatcher.submits.last?.digest == submit.digest)
            #expect(second.digest != submit.digest)
            let differ = try await site.send(
                "POST", "/tasks", headers: [("Idempotency-Key", "a")],
                body: Array(#"{"prompt":"p","idempotency_key":"b"}"#.utf8))
            #expect(differ.status == 422)
        }
    }

    @Test("Choices are passed to the leader, and the answer has them beside the other fields")
    func choices() async throws {
        try await Site.with { site in
            let body = #"""
                {"prompt":"x","priority":"high","queue_ttl_s":60,"if_offline":"wait","on_disconnect":"requeue",
                 "grace_s":0,"timeout_s":90.5,"idle_timeout_s":30,"permission_mode":"plan"}
                """#
            let task = try await site.api.call("POST", "/tasks", body).expect(202)
            let choices = Choices(
                priority: .high, queueTTLS: 60, ifOffline: .wait, onDisconnect: .requeue, graceS: 0, timeoutS: 90.5,
                idleTimeoutS: 30, permissionMode: .plan)
            #expect(site.dispatcher.submits.last?.choices == choices)
            #expect(task["priority"].string == "high" && task["timeout_s"] == .number(90.5))
            #expect(task["grace_s"].int == 0 && task["retry_of"] == .null && task["waiting_for"] == .null)
            _ = try await site.api.call("POST", "/tasks", #"{"prompt":"x","priority":null}"#).expect(202)
            #expect(site.dispatcher.submits.last?.choices == nil)
            for (field, value) in [
                ("priority", #""urgent""#), ("queue_ttl_s", "0"), ("if_offline", #""maybe""#),
                ("on_disconnect", #""""#), ("grace_s", "-1"), ("timeout_s", "1e9"), ("idle_timeout_s", "2592001"),
                ("permission_mode", #""root""#),
            ] {
                let answer = try await site.api.call("POST", "/tasks", #"{"prompt":"x","\#(field)":\#(value)}"#)
                #expect(answer.status == 422 && answer.code == "invalid_request", "\(field): \(answer.json)")
                #expect(answer.json["detail"].string?.contains("'\(field)'") == true, "\(field): \(answer.json)")
                let typed = try await site.api.call("POST", "/tasks", #"{"prompt":"x","\#(field)":[]}"#)
                #expect(typed.status == 400 && typed.json["detail"].string?.contains("'\(field)'") == true)
            }
        }
    }

    @Test("The digest of a request without choices has not changed, and depends on the choices if there are any")
    func digests() async throws {
        try await Site.with { site in
            func digest(_ body: String) async throws -> String? {
                _ = try await site.api.call("POST", "/tasks", body).expect(202)
                return site.dispatcher.submits.last?.digest
            }
            // SHA-256 of {"agent":"claude-code","prompt":"do it","target":"default"}.
            let plain = "afe245154800d6c1634d12cfc297455a48dfc379c71399779528a7ffd65d83af"
            #expect(try await digest(#"{"prompt":"do it"}"#) == plain)
            #expect(try await digest(#"{"prompt":"do it","timeout_s":null}"#) == plain)
            let chosen = try await digest(#"{"prompt":"do it","timeout_s":90}"#)
            #expect(chosen != plain)
            #expect(try await digest(#"{"timeout_s":90.0,"prompt":"do it"}"#) == chosen)
            #expect(try await digest(#"{"prompt":"do it","timeout_s":91}"#) != chosen)
        }
    }

    @Test("The leader's refusals keep their codes, each with its status")
    func faults() async throws {
        try await Site.with { site in
            let cases: [(ErrorCode, Int, String)] = [
                (.targetRequired, 409, "target_required"), (.deviceOffline, 409, "device_offline"),
                (.deviceNotFound, 404, "device_not_found"), (.idempotencyMismatch, 409, "idempotency_mismatch"),
                (.queueFull, 429, "queue_full"), (.storageFailed, 503, "storage_failed"),
                (.conversationNotFound, 404, "conversation_not_found"), (.malformed, 500, "internal"),
                (ErrorCode(rawValue: "from_the_future"), 500, "internal"),
            ]
            for (code, status, answered) in cases {
                site.dispatcher.refuse([Fault(code, "because of that")])
                let answer = try await site.send("POST", "/tasks", body: Array(#"{"prompt":"x"}"#.utf8))
                #expect(answer.status == status && answer.body["code"].string == answered)
                #expect((answer.headers["Retry-After"] != nil) == [429, 503].contains(status))
                if status != 500 { #expect(answer.body["detail"].string == "because of that") }
            }
        }
    }

    @Test("Other users' tasks are answered like unknown ones")
    func owners() async throws {
        try await Site.with { site in
            let id = try #require(try await site.api.submit("x")["id"].string)
            #expect(try await site.api.task(id)["id"].string == id)
            #expect(try await site.api.cancel(id)["id"].string == id)
            for (method, path) in [
                ("GET", "/tasks/\(id)"), ("POST", "/tasks/\(id)/cancel"), ("GET", "/tasks/\(id)/events"),
            ] {
                let answer = try await site.other.call(method, path)
                #expect(answer.status == 404 && answer.code == "task_not_found", "\(method) \(path)")
            }
            #expect(try await site.other.call("GET", "/tasks").expect(200)["total"].int == 0)
            for id in ["x", "%2e%2e", "%ff", TaskID.generate().description] {
                #expect(try await site.api.call("GET", "/tasks/\(id)").code == "task_not_found")
            }
        }
    }

    @Test("Devices are listed with every field, and starred and deleted by percent-encoded ids")
    func devices() async throws {
        try await Site.with { site in
            site.registry.set(devices: [
                Device(
                    owner: site.ada.id, id: "box-1.a_b", name: "Linux - box", status: .online, isDefault: true,
                    slots: Slots(used: 1, total: 5), version: "0.1.0",
                    agents: [Agent(name: "shell", version: nil, ready: true, detail: nil)],
                    platform: Platform(os: "linux", arch: "x86_64", hostname: "box"), lastSeenAt: .now(),
                    connectedAt: nil, generation: 4, route: Route(gateway: .generate(), session: .generate()))
            ])
            let list = try await site.api.call("GET", "/devices").expect(200)
            #expect(list["total"].int == 1)
            let device = list["items"][0]
            #expect(
                device.keys == [
                    "id", "name", "status", "status_reason", "is_default", "labels", "slots", "version", "agents",
                    "platform",
                    "last_seen_at",
                    "connected_at", "allowed_dirs",
                ])
            #expect(
                device["agents"][0].keys == [
                    "name", "version", "ready", "detail", "permission_modes", "can_steer", "has_terminal",
                ])
            #expect(device["slots"] == .object(["used": .number(1), "total": .number(5)]))
            #expect(device["connected_at"] == .null)
            #expect(try await site.other.devices().isEmpty)
            let encoded = "%62ox-1%2Ea%5Fb"
            #expect(try await site.api.call("PUT", "/devices/\(encoded)/default").status == 204)
            #expect(try await site.api.call("DELETE", "/devices/\(encoded)/default").status == 204)
            #expect(try await site.api.call("DELETE", "/devices/\(encoded)").status == 204)
            for (method, path) in [("PUT", "/devices/x/default"), ("DELETE", "/devices/x"), ("DELETE", "/devices/%ff")]
            {
                #expect(try await site.api.call(method, path).code == "device_not_found")
            }
            #expect(try await site.other.call("DELETE", "/devices/\(encoded)").code == "device_not_found")
        }
    }

    @Test("A request is retried at the next leader, with the same task id")
    func leaderChange() async throws {
        try await Site.with { site in
            site.dispatcher.refuse([Fault(.notLeader, "not me"), Fault(.notLeader, "not me")])
            let task = try await site.api.submit("x")
            #expect(site.dispatcher.submits.count == 1)
            #expect(task["id"].string == site.dispatcher.submits[0].task.description)

            await site.dispatcher.close()
            async let waiting = site.api.submit("y")
            let next = try await ScriptedDispatcher.open(site.reactor, epoch: 2)
            site.registry.set(services: [next.entry])
            _ = try await waiting
            #expect(next.submits.map(\.prompt) == ["y"])
            await next.close()
        }
    }

    @Test("Without a leader or a registry the answer is 503 within seconds, with Retry-After")
    func noService() async throws {
        try await Site.with { site in
            await site.dispatcher.close()
            await site.registry.close()
            for (method, path) in [("GET", "/tasks"), ("GET", "/devices")] {
                let start = ContinuousClock.now
                let answer = try await site.send(method, path)
                #expect(answer.status == 503 && answer.body["code"].string == "unavailable")
                #expect(answer.headers["Retry-After"] == "1")
                #expect(ContinuousClock.now - start < .seconds(10))
            }
            _ = try await site.api.call("GET", "/healthz").expect(200)
            _ = try await site.api.call("GET", "/tokens").expect(200)
        }
    }

    @Test("The gateway announces itself to the registry, and again after each restart of the registry")
    func announcement() async throws {
        try await Site.with { site in
            try await eventually("the announcement", within: .seconds(20)) { site.registry.announced.count == 1 }
            #expect(site.registry.announced.first?.identity.role == .gateway)
            await site.registry.close()
            let next = try await ScriptedRegistry.open(site.reactor, at: site.registry.endpoint)
            next.set(services: [site.dispatcher.entry])
            try await eventually("the next announcement", within: .seconds(20)) { next.announced.count == 1 }
            _ = try await site.api.call("GET", "/tasks").expect(200)
            await next.close()
        }
    }
}

import Curl
import Dispatcher
import Logging
import Mesh
import Messages
import Registry
import TestClient
import TestSupport
import Testing

@testable import Gateway

/// The gateway with the real registry and dispatcher, all in this process; only the executor is scripted.
@Suite("With the real services", .serialized)
struct RealServicesTests {
    private struct Services: Sendable {
        var api: API
        var gateway: GatewayServer
        var registry: RegistryServer
        var reactor: Reactor
        var folder: TemporaryDirectory
        var client: CurlClient
    }

    private func with(grace: Double = 1, _ body: (Services) async throws -> Void) async throws {
        let folder = try TemporaryDirectory()
        let reactor = Reactor(security: .insecureLoopback)
        let logger = Logger(label: "test")
        let registry = RegistryServer(
            RegistryConfiguration(bind: "tcp://127.0.0.1:0", dataDirectory: folder.file("registry")),
            reactor: reactor, logger: logger)
        try await registry.start()
        let dispatcher = DispatcherServer(
            DispatcherConfiguration(
                registry: registry.endpoint, bind: "tcp://127.0.0.1:0", dataDirectory: folder.file("dispatcher"),
                graceS: grace), reactor: reactor, logger: logger)
        try await dispatcher.start()
        var configuration = GatewayConfiguration(
            registry: registry.endpoint, port: 0, dataDirectory: folder.file("gateway"))
        configuration.tuning.passwordCost = Site.cheap
        let gateway = GatewayServer(configuration, reactor: reactor, logger: logger)
        try await gateway.start()
        let client = CurlClient()
        let result: Result<Void, any Error>
        do {
            let accounts = try #require(gateway.accounts)
            _ = try await accounts.addUser("ada")
            let token = try await accounts.issueToken(user: "ada", name: "test")
            let api = API("http://127.0.0.1:\(gateway.port)", token: token, client: client)
            try await body(
                Services(
                    api: api, gateway: gateway, registry: registry, reactor: reactor, folder: folder,
                    client: client))
            result = .success(())
        } catch { result = .failure(error) }
        await gateway.stop()
        await dispatcher.stop()
        await registry.stop()
        await reactor.shutdown()
        await client.shutdown()
        try result.get()
    }

    /// Runs the next assigned task as an executor would.
    private func runTask(_ socket: TestSocket, _ texts: [String]) async throws {
        let assigned = try await socket.next("task.assign") { $0.header.type == TaskAssign.type }
        let assign = try Wire.decode(TaskAssign.self, from: assigned.body)
        try await socket.send(
            .notice, TaskStarted(task: assign.task, attempt: assign.attempt, startedAt: .now(), workspace: "/w"))
        for (index, text) in texts.enumerated() {
            let payload = #"{"content":{"type":"text","text":"\#(text)"}}"#
            try await socket.send(
                .notice,
                EventsAppend([
                    Event(
                        task: assign.task, attempt: assign.attempt, attemptSeq: UInt64(index + 1),
                        kind: .agentMessageChunk, payload: Array(payload.utf8))
                ]))
        }
        let ended = AttemptReport(
            task: assign.task, attempt: assign.attempt, lastSeq: UInt64(texts.count), ended: true)
        try await socket.send(.notice, DeviceReport(used: 0, total: 5, draining: false, attempts: [ended]))
        try await socket.send(
            .notice,
            TaskFinished(
                task: assign.task, attempt: assign.attempt, attemptSeq: UInt64(texts.count + 1), state: .completed,
                endedAt: .now()))
    }

    @Test("A device registers, gets the star and a task, and a viewer sees the task to its end")
    func life() async throws {
        try await with { services in
            let api = services.api
            #expect(try await api.devices().isEmpty)
            #expect(try await api.post("x").code == "target_required")
            let socket = try await TestSocket.dial(port: services.gateway.port, token: api.token)
            try await socket.register()
            try await eventually("the device", within: .seconds(20)) {
                try await api.device("box")?["status"].string == "online"
            }
            #expect(try await socket.linkState().up)
            try await socket.send(.notice, DeviceReport(used: 0, total: 5, draining: false))
            #expect(try await api.call("PUT", "/devices/box/default").status == 204)
            #expect(try await api.device("box")?["is_default"].bool == true)
            // The dispatcher learns of the registry's changes a moment later.
            let task = try await eventually("the default", within: .seconds(20)) { () -> JSON? in
                let answer = try await api.post("say hello")
                return answer.code == "target_required" ? nil : try answer.expect(202)
            }
            let id = try #require(task["id"].string)
            let viewer = api.watch(id)
            try await runTask(socket, ["hel", "lo"])
            let events = try await viewer.end()
            #expect(viewer.text == "hello")
            #expect(events.last?.state == "completed")
            let page = try await api.page(id)
            #expect(page.items == events && page.next == .null)
            #expect(try await api.task(id)["state"].string == "completed")

            try await socket.cut()
            try await eventually("the device's end", within: .seconds(20)) {
                try await api.device("box")?["status"].string == "offline"
            }
            let away = try await eventually("the refusal", within: .seconds(20)) { () -> APIResponse? in
                // Within the grace a task would be queued.
                let answer = try await api.call("POST", "/tasks", #"{"prompt":"x","agent":"shell","grace_s":0}"#)
                return answer.status == 202 ? nil : answer
            }
            #expect(away.status == 409 && away.code == "device_offline")
            #expect(try await api.call("DELETE", "/devices/box").status == 204)
            #expect(try await api.devices().isEmpty)
        }
    }

    @Test("A task's target may be a device's name, and a repeated submission needs no such name any more")
    func targetByName() async throws {
        try await with { services in
            let api = services.api
            let socket = try await TestSocket.dial(port: services.gateway.port, token: api.token)
            try await socket.register()
            #expect(try await socket.linkState().up)
            func submit(_ target: String, key: String = "k") async throws -> APIResponse {
                try await api.post("x", target: target, key: key)
            }
            let task = try await eventually("the device", within: .seconds(20)) { () -> JSON? in
                let answer = try await submit("linux - BOX")
                return answer.code == "device_not_found" ? nil : try answer.expect(202)
            }
            #expect(task["target"].string == "box" && task["device_id"].string == "box")
            #expect(try await submit("nowhere", key: "l").code == "device_not_found")
            let other = try await TestSocket.dial(port: services.gateway.port, token: api.token)
            try await other.register("other")
            _ = try await api.call("PATCH", "/devices/other", #"{"name":"Linux - box"}"#).expect(200)
            let ambiguous = try await submit("Linux - box", key: "m")
            #expect(ambiguous.status == 409 && ambiguous.code == "target_ambiguous", "\(ambiguous.json)")
            #expect(try await submit("linux - BOX").expect(202)["id"] == task["id"])
        }
    }

    @Test("The connection of a deleted device is closed, and its executor registers a new device")
    func deleted() async throws {
        try await with { services in
            let api = services.api
            let socket = try await TestSocket.dial(port: services.gateway.port, token: api.token)
            try await socket.register()
            #expect(try await api.call("PUT", "/devices/box/default").status == 204)
            #expect(try await api.call("DELETE", "/devices/box").status == 204)
            #expect(try await socket.closed().code == 4410)
            let again = try await TestSocket.dial(port: services.gateway.port, token: api.token)
            try await again.register()
            let device = try #require(try await api.device("box"))
            #expect(device["status"].string == "online" && device["is_default"].bool == false)
        }
    }

    @Test("A stream ends soon after its token is revoked, and the task continues")
    func revokedStream() async throws {
        try await with { services in
            let api = services.api
            let task = try await api.post("x", target: "cloud").expect(202)
            let id = try #require(task["id"].string)
            let made = try await api.call("POST", "/tokens", "{}").expect(201)
            let token = try #require(made["token"].string)
            let stream = try await CurlClient().send(
                CurlRequest(
                    "GET", "http://127.0.0.1:\(services.gateway.port)/tasks/\(id)/events",
                    headers: ["Authorization": "Bearer \(token)", "Accept": "text/event-stream"]))
            #expect(stream.status == 200)
            #expect(try await api.call("DELETE", "/tokens/\(made["id"].string ?? "")").status == 204)
            try await deadline("the end of the stream", .seconds(20)) { for try await _ in stream.body {} }
            #expect(try await api.task(id)["state"].string == "queued")
        }
    }

    @Test("A permission request becomes an approval, one of ten answers counts, and the executor gets it")
    func approval() async throws {
        try await with { services in
            let api = services.api
            let socket = try await TestSocket.dial(port: services.gateway.port, token: api.token)
            try await socket.register()
            _ = try await socket.linkState()
            try await socket.send(.notice, DeviceReport(used: 0, total: 5, draining: false))
            let id = try await eventually("the task", within: .seconds(20)) {
                try await api.post("x", target: "box").json["id"].string
            }
            let assigned = try await socket.next("task.assign") { $0.header.type == TaskAssign.type }
            let assign = try Wire.decode(TaskAssign.self, from: assigned.body)
            try await socket.send(
                .notice, TaskStarted(task: assign.task, attempt: assign.attempt, startedAt: .now()))
            for request in ["r1", "r2"] {
                try await socket.send(
                    .notice,
                    ApprovalRequest(
                        task: assign.task, attempt: assign.attempt, request: request, after: 0, tool: "Bash",
                        title: request, input: ["command": "npm test"], requestedAt: .now()))
            }
            try await eventually("that both are recorded", within: .seconds(20)) {
                let recorded = socket.messages.filter { $0.header.type == ApprovalRecorded.type }
                return Set(try recorded.map { try Wire.decode(ApprovalRecorded.self, from: $0.body).request }).count
                    == 2
            }
            #expect(try await api.task(id)["waiting_for"].string == "approval")
            let list = try await api.call("GET", "/approvals?task=\(id)").expect(200)
            #expect(list["total"].int == 2)
            func approval(_ request: String) -> String? {
                list["items"].items.first { $0["title"].string == request }?["id"].string
            }
            let (first, second) = (try #require(approval("r1")), try #require(approval("r2")))

            let answers = try await withThrowingTaskGroup(of: APIResponse.self) { group in
                for number in 0..<10 {
                    let decision = number % 2 == 0 ? "allow" : "deny"
                    group.addTask {
                        try await api.call("POST", "/tasks/\(id)/approvals/\(first)", #"{"decision":"\#(decision)"}"#)
                    }
                }
                return try await group.reduce(into: [APIResponse]()) { $0.append($1) }
            }
            let taken = answers.filter { $0.status == 200 }
            #expect(taken.count == 1 && answers.count { $0.status == 409 && $0.code == "approval_resolved" } == 9)
            #expect(answers.allSatisfy { $0.status == 200 || $0.json["detail"].string?.contains("ada (test)") == true })
            let message = try await socket.next("approval.answer") { $0.header.type == ApprovalAnswer.type }
            let sent = try Wire.decode(ApprovalAnswer.self, from: message.body)
            #expect(sent.request == "r1")
            #expect(taken.first?.json["state"].string == (sent.decision == .allow ? "allowed" : "denied"))
            try await socket.send(
                .notice, ApprovalClosed(task: sent.task, attempt: sent.attempt, request: sent.request))

            try await socket.send(
                .notice,
                TaskFinished(
                    task: assign.task, attempt: assign.attempt, attemptSeq: 1, state: .completed, endedAt: .now()))
            _ = try await api.end(of: id)
            let late = try await api.call("POST", "/tasks/\(id)/approvals/\(second)", #"{"decision":"allow"}"#)
            #expect(late.status == 410 && late.code == "approval_abandoned", "\(late.json)")
            let all = try await api.call("GET", "/approvals?state=abandoned,allowed,denied&task=\(id)").expect(200)
            #expect(all["total"].int == 2)
            #expect(try await api.call("GET", "/approvals").expect(200)["total"].int == 0)
        }
    }

    @Test("Defaults apply to a task, its retry has the same choices, its conversation is renamed, found and deleted")
    func lookingBack() async throws {
        try await with { services in
            let api = services.api
            let socket = try await TestSocket.dial(port: services.gateway.port, token: api.token)
            try await socket.register()
            _ = try await socket.linkState()
            try await socket.send(.notice, DeviceReport(used: 0, total: 5, draining: false))
            let set = try await api.call("PATCH", "/me/defaults", #"{"priority":"high","timeout_s":600}"#).expect(200)
            #expect(set["effective"]["priority"].string == "high" && set["effective"]["on_disconnect"].string == "fail")
            let renamed = try await api.call("PATCH", "/devices/box", #"{"name":"mine","labels":{"env":"ci"}}"#)
            #expect(try renamed.expect(200)["labels"]["env"].string == "ci")

            let body = #"{"prompt":"a Needle in hay","target":"box","agent":"shell","timeout_s":60}"#
            // The dispatcher learns of the registry's changes a moment later.
            let task = try await eventually("the device by its new name", within: .seconds(20)) { () -> JSON? in
                let answer = try await api.call("POST", "/tasks", body)
                return answer.json["device_name"].string == "mine" ? try answer.expect(202) : nil
            }
            #expect(task["priority"].string == "high" && task["timeout_s"].int == 60)
            let (id, conversation) = (try #require(task["id"].string), task["conversation_id"].string ?? "")
            #expect(try await api.call("POST", "/tasks/\(id)/retry").code == "conflict")
            #expect(try await api.call("DELETE", "/conversations/\(conversation)").code == "conflict")
            try await api.cancel(id)
            let assigned = try await socket.next("task.assign") {
                $0.header.type == TaskAssign.type && String(decoding: $0.body, as: UTF8.self).contains(id)
            }
            let assign = try Wire.decode(TaskAssign.self, from: assigned.body)
            try await socket.send(
                .notice,
                TaskFinished(
                    task: assign.task, attempt: assign.attempt, attemptSeq: 1, state: .cancelled, endedAt: .now()))
            _ = try await api.end(of: id)

            let again = try await api.call("POST", "/tasks/\(id)/retry", #"{"idempotency_key":"k"}"#).expect(202)
            #expect(again["retry_of"].string == id && again["conversation_id"].string == conversation)
            #expect(again["priority"].string == "high" && again["timeout_s"].int == 60)
            let same = try await api.call("POST", "/tasks/\(id)/retry", #"{"idempotency_key":"k"}"#).expect(202)
            #expect(same["id"] == again["id"])
            let other = try await api.call("POST", "/tasks", #"{"prompt":"x","idempotency_key":"k"}"#)
            #expect(other.code == "idempotency_mismatch")

            let found = try await api.call("GET", "/conversations?q=needle").expect(200)
            #expect(found["items"].items.map { $0["id"].string }.contains(conversation))
            let path = "/conversations/\(conversation)"
            #expect(try await api.call("PATCH", path, #"{"title":"hay"}"#).expect(200)["title"].string == "hay")
            let own = try await api.call("PATCH", path, #"{"title":null}"#).expect(200)
            #expect(own["title"].string == "a Needle in hay" && own["tasks"].int == 2)
            let second = try #require(again["id"].string)
            try await api.cancel(second)
            let next = try await socket.next("the second task.assign") {
                $0.header.type == TaskAssign.type && String(decoding: $0.body, as: UTF8.self).contains(second)
            }
            let retried = try Wire.decode(TaskAssign.self, from: next.body)
            try await socket.send(
                .notice,
                TaskFinished(
                    task: retried.task, attempt: retried.attempt, attemptSeq: 1, state: .cancelled, endedAt: .now()))
            _ = try await api.end(of: second)
            #expect(try await api.call("DELETE", path).status == 204)
            #expect(try await api.call("GET", path).code == "conversation_not_found")
            #expect(try await api.call("GET", "/tasks/\(id)").code == "task_not_found")
        }
    }

    @Test("A device whose connection is lost fails its task after the grace, and the viewer gets the end")
    func lost() async throws {
        try await with { services in
            let api = services.api
            let socket = try await TestSocket.dial(port: services.gateway.port, token: api.token)
            try await socket.register()
            _ = try await socket.linkState()
            try await socket.send(.notice, DeviceReport(used: 0, total: 5, draining: false))
            let task = try await eventually("the device", within: .seconds(20)) { () -> JSON? in
                let answer = try await api.post("x", target: "box")
                return answer.status == 202 ? answer.json : nil
            }
            let viewer = api.watch(try #require(task["id"].string))
            let assigned = try await socket.next("task.assign") { $0.header.type == TaskAssign.type }
            let assign = try Wire.decode(TaskAssign.self, from: assigned.body)
            try await socket.send(
                .notice, TaskStarted(task: assign.task, attempt: assign.attempt, startedAt: .now()))
            try await viewer.event("running", within: .seconds(20)) { $0.state == "running" }
            try await socket.cut()
            let events = try await viewer.end(within: .seconds(30))
            #expect(events.last?.state == "failed")
            #expect(events.last?.data["error"]["code"].string == "device_disconnected")
        }
    }

    @Test(
        "Without a registry a gateway that restarts finds the leader, and the device's task goes on and a new one runs")
    func registryAway() async throws {
        try await with(grace: 30) { services in
            let socket = try await TestSocket.dial(port: services.gateway.port, token: services.api.token)
            let boot = BootID.generate()
            try await socket.register(boot: boot)
            _ = try await socket.linkState()
            try await socket.send(.notice, DeviceReport(used: 0, total: 5, draining: false))
            let id = try await eventually("the task", within: .seconds(20)) {
                try await services.api.post("x", target: "box").json["id"].string
            }
            let message = try await socket.next("task.assign") { $0.header.type == TaskAssign.type }
            let assign = try Wire.decode(TaskAssign.self, from: message.body)
            try await socket.send(
                .notice, TaskStarted(task: assign.task, attempt: assign.attempt, startedAt: .now()))
            await services.registry.stop()
            await services.gateway.stop()

            var configuration = GatewayConfiguration(
                registry: services.registry.endpoint, port: 0, dataDirectory: services.folder.file("gateway"))
            configuration.tuning.passwordCost = Site.cheap
            let next = GatewayServer(configuration, reactor: services.reactor, logger: Logger(label: "next gateway"))
            try await next.start()
            let api = API("http://127.0.0.1:\(next.port)", token: services.api.token, client: services.client)
            let again = try await TestSocket.dial(port: next.port, token: services.api.token)
            let answer = try await again.register(generation: 1, boot: boot)
            #expect(try Wire.decode(DeviceRegistered.self, from: answer.body).generation == 2)
            #expect(try await again.linkState().up)
            let held = AttemptReport(task: assign.task, attempt: assign.attempt, lastSeq: 0, ended: false)
            try await again.send(.notice, DeviceReport(used: 1, total: 5, draining: false, attempts: [held]))
            try await again.send(
                .notice,
                TaskFinished(
                    task: assign.task, attempt: assign.attempt, attemptSeq: 1, state: .completed, endedAt: .now()))
            try await eventually("the end of the task", within: .seconds(20)) {
                try await api.task(id)["state"].string == "completed"
            }
            let second = try #require(try await api.post("y", target: "box").expect(202)["id"].string)
            try await runTask(again, ["done"])
            try await eventually("the end of the second task", within: .seconds(20)) {
                try await api.task(second)["state"].string == "completed"
            }
            await next.stop()
        }
    }

    @Test("A registry that restarts finds the device again, under a newer session")
    func registryRestart() async throws {
        try await with { services in
            let api = services.api
            let socket = try await TestSocket.dial(port: services.gateway.port, token: api.token)
            try await socket.register()
            _ = try await socket.linkState(1)
            let endpoint = services.registry.endpoint
            await services.registry.stop()
            let next = RegistryServer(
                RegistryConfiguration(bind: endpoint, dataDirectory: services.folder.file("registry")),
                reactor: services.reactor, logger: Logger(label: "next registry"))
            try await next.start()
            try await eventually("the device again", within: .seconds(30)) {
                try await api.device("box")?["status"].string == "online"
            }
            // Opened once more with the new generation.
            #expect(try await socket.linkState(2).up)
            await next.stop()
        }
    }
}

import Messages
import TestClient
import TestSupport
import Testing

@testable import Gateway

@Suite("Approvals, retries, conversations, defaults and labels", .serialized)
struct OwnerRequestTests {
    @Test("Approvals are listed by state and task; without a query, the pending ones")
    func approvals() async throws {
        try await Site.with { site in
            let approval = ScriptedRequests.approval()
            site.dispatcher.requests.change { $0.approvals = [approval] }
            let list = try await site.api.call("GET", "/approvals").expect(200)
            #expect(list["total"].int == 1 && list["next"] == .null)
            let item = list["items"][0]
            #expect(
                item.keys == [
                    "id", "task_id", "attempt", "conversation_id", "device_id", "device_name", "tool", "title", "input",
                    "rule", "options", "questions", "input_cut", "state", "scope", "option", "updated_input", "answers",
                    "message",
                    "requested_at", "expires_at", "resolved_at", "resolved_by",
                ])
            #expect(item["input"]["command"].string == "npm test" && item["resolved_by"] == .null)
            let before = ApprovalID.generate()
            let query = "state=denied,expired&task=\(approval.task)&limit=7&before=\(before)"
            _ = try await site.api.call("GET", "/approvals?\(query)").expect(200)
            _ = try await site.api.call("GET", "/approvals?state=all").expect(200)
            let owner = site.ada.id
            #expect(
                site.dispatcher.requests.now.approvalLists == [
                    ApprovalList(owner: owner, limit: 50, states: [.pending]),
                    ApprovalList(
                        owner: owner, limit: 7, before: before, states: [.denied, .expired], task: approval.task),
                    ApprovalList(owner: owner, limit: 50),
                ])
            for (query, name) in [
                ("state=open", "state"), ("state=all,denied", "state"), ("task=x", "task"), ("limit=0", "limit"),
                ("before=x", "before"), ("device=x", "device"),
            ] {
                let answer = try await site.api.call("GET", "/approvals?\(query)")
                #expect(answer.status == 400 && answer.json["detail"].string?.contains("'\(name)'") == true, "\(query)")
            }
        }
    }

    @Test("An answer reaches the leader with its account, and has one id at every leader")
    func decide() async throws {
        try await Site.with { site in
            let approval = ScriptedRequests.approval()
            site.dispatcher.requests.change { $0.approvals = [approval] }
            let path = "/tasks/\(approval.task)/approvals/\(approval.id)"
            let body = #"{"decision":"allow","scope":"conversation"}"#
            let allowed = try await site.api.call("POST", path, body).expect(200)
            #expect(allowed["state"].string == "allowed" && allowed["resolved_by"].string == "ada (test)")
            site.dispatcher.refuse([Fault(.notLeader, "not me")])
            let no = #"{"decision":"deny","message":"not today","scope":"conversation"}"#
            let denied = try await site.api.call("POST", path, no).expect(200)
            #expect(denied["state"].string == "denied" && denied["message"].string == "not today")
            let decisions = site.dispatcher.requests.now.decisions
            #expect(decisions.map(\.decision) == [.allow, .deny])
            #expect(decisions.map(\.scope) == [.conversation, .once], "only an allow holds for longer")
            #expect(decisions.allSatisfy { $0.owner == site.ada.id && $0.task == approval.task })
            #expect(Set(decisions.map(\.answer)).count == 2)
            _ = try await site.api.call("POST", path, #"{"decision":"allow"}"#).expect(200)
            #expect(site.dispatcher.requests.now.decisions.last?.scope == .once)
            let id = AnswerID.generate()
            for _ in 0..<2 {
                _ = try await site.api.call("POST", path, #"{"decision":"allow","answer_id":"\#(id)"}"#).expect(200)
            }
            #expect(site.dispatcher.requests.now.decisions.suffix(2).map(\.answer) == [id, id])
        }
    }

    @Test("An invalid answer is refused with its field, a late one with its code")
    func refusedAnswers() async throws {
        try await Site.with { site in
            let approval = ScriptedRequests.approval()
            let path = "/tasks/\(approval.task)/approvals/\(approval.id)"
            let long = String(repeating: "x", count: 2001)
            for (body, status, detail) in [
                ("{}", 422, "'decision'"), (#"{"decision":"allow","answer_id":"x"}"#, 400, "'answer_id'"),
                (#"{"decision":1}"#, 400, "'decision'"),
                (#"{"decision":"maybe"}"#, 422, "'decision'"),
                (#"{"decision":"allow","scope":"ever"}"#, 422, "'scope'"),
                (#"{"decision":"deny","message":"\#(long)"}"#, 422, "'message'"),
            ] {
                let answer = try await site.api.call("POST", path, body)
                #expect(answer.status == status && answer.code == "invalid_request", "\(body)")
                #expect(answer.json["detail"].string?.contains(detail) == true, "\(body): \(answer.json)")
            }
            #expect(site.dispatcher.requests.now.decisions.isEmpty)
            let allow = #"{"decision":"allow"}"#
            #expect(try await site.api.call("POST", path, allow).code == "approval_not_found")
            for (code, status) in [
                (ErrorCode.approvalResolved, 409), (.approvalAbandoned, 410), (.approvalNotFound, 404),
                (.taskNotFound, 404),
            ] {
                site.dispatcher.refuse([Fault(code, "bob (phone) has denied it")])
                let answer = try await site.api.call("POST", path, allow)
                #expect(answer.status == status && answer.code == code.rawValue)
                #expect(answer.json["detail"].string == "bob (phone) has denied it")
            }
            let unknown = try await site.api.call("POST", "/tasks/\(approval.task)/approvals/x", allow)
            #expect(unknown.status == 404 && unknown.code == "approval_not_found")
            #expect(try await site.api.call("POST", "/tasks/x/approvals/x", allow).code == "task_not_found")
        }
    }

    @Test("A retry is a new task, and under the same key the same one")
    func retry() async throws {
        try await Site.with { site in
            let old = TaskID.generate()
            let task = try await site.api.call("POST", "/tasks/\(old)/retry").expect(202)
            #expect(task["retry_of"].string == old.description)
            let plain = try #require(site.dispatcher.requests.now.retries.last)
            #expect(plain.of == old && plain.owner == site.ada.id && plain.idempotencyKey == nil)
            #expect(task["id"].string == plain.task.description)
            _ = try await site.send("POST", "/tasks/\(old)/retry", headers: [("Idempotency-Key", "k")])
            _ = try await site.api.call("POST", "/tasks/\(old)/retry", #"{"idempotency_key":"k"}"#).expect(202)
            _ = try await site.api.call("POST", "/tasks/\(TaskID.generate())/retry", "{}").expect(202)
            let retries = site.dispatcher.requests.now.retries
            #expect(retries.map(\.idempotencyKey) == [nil, "k", "k", nil])
            #expect(retries[1].digest == retries[2].digest && retries[1].digest != retries[3].digest)
            let differ = try await site.send(
                "POST", "/tasks/\(old)/retry", headers: [("Idempotency-Key", "a")],
                body: Array(#"{"idempotency_key":"b"}"#.utf8))
            #expect(differ.status == 422)
            #expect(try await site.api.call("POST", "/tasks/\(old)/retry", "x").code == "invalid_json")
            #expect(try await site.api.call("POST", "/tasks/x/retry").code == "task_not_found")
            site.dispatcher.refuse([Fault(.conflict, "it has not ended")])
            #expect(try await site.api.call("POST", "/tasks/\(old)/retry").status == 409)
        }
    }

    @Test("A message to a running turn has one id however often it is sent")
    func message() async throws {
        try await Site.with { site in
            let task = TaskID.generate()
            let path = "/tasks/\(task)/messages"
            let answer = try await site.api.call("POST", path, #"{"text":"faster"}"#).expect(202)
            let first = try #require(site.dispatcher.requests.now.messages.last)
            #expect(first.task == task && first.owner == site.ada.id && first.text == "faster")
            #expect(answer["id"].string == first.message.description)
            let id = MessageID.generate()
            let named = #"{"text":"faster","id":"\#(id)"}"#
            site.dispatcher.refuse([Fault(.notLeader, "not me")])
            #expect(try await site.api.call("POST", path, named).expect(202)["id"].string == id.description)
            for _ in 0..<2 {
                _ = try await site.send(
                    "POST", path, headers: [("Idempotency-Key", "k")], body: Array(#"{"text":"faster"}"#.utf8))
            }
            let other = "/tasks/\(TaskID.generate())/messages"
            _ = try await site.send(
                "POST", other, headers: [("Idempotency-Key", "k")], body: Array(#"{"text":"faster"}"#.utf8))
            let ids = site.dispatcher.requests.now.messages.map(\.message)
            #expect(ids.count == 5 && ids[1] == id && ids[2] == ids[3] && Set(ids).count == 4)
            for (body, status, code) in [
                (#"{"text":" "}"#, 422, "prompt_empty"), ("{}", 400, "invalid_request"),
                (#"{"text":"x","id":"y"}"#, 400, "invalid_request"),
            ] {
                let answer = try await site.api.call("POST", path, body)
                #expect(answer.status == status && answer.code == code)
            }
            #expect(try await site.api.call("POST", "/tasks/x/messages", #"{"text":"x"}"#).code == "task_not_found")
            for (code, status) in [
                (ErrorCode.conflict, 409), (.steerUnsupported, 409), (.deadlineExceeded, 504), (.rateLimited, 429),
            ] {
                site.dispatcher.refuse([Fault(code, "no")])
                let answer = try await site.api.call("POST", path, #"{"text":"x"}"#)
                #expect(answer.status == status && answer.code == code.rawValue)
            }
        }
    }

    @Test("A terminal's new size reaches the leader")
    func terminal() async throws {
        try await Site.with { site in
            let task = TaskID.generate()
            let path = "/tasks/\(task)/terminal"
            _ = try await site.api.call("PUT", path, #"{"columns":120,"rows":40}"#).expect(204)
            let size = TerminalSize(columns: 120, rows: 40)
            #expect(
                site.dispatcher.requests.now.sizes == [TaskTerminal(owner: site.ada.id, task: task, terminal: size)])
            #expect(try await site.api.call("PUT", path, #"{"columns":0,"rows":40}"#).status == 422)
            #expect(try await site.api.call("PUT", path, #"{"columns":1}"#).status == 400)
            site.dispatcher.refuse([Fault(.conflict, "no terminal")])
            #expect(try await site.api.call("PUT", path, #"{"columns":1,"rows":1}"#).status == 409)
        }
    }

    @Test("What a device does not run is refused with its code")
    func unsuitable() async throws {
        try await Site.with { site in
            for code in [ErrorCode.agentUnknown, .permissionModeNotAllowed, .cwdNotAllowed] {
                site.dispatcher.refuse([Fault(code, "device box does not allow it")])
                let answer = try await site.api.call("POST", "/tasks", #"{"prompt":"x","target":"box"}"#)
                #expect(answer.status == 422 && answer.code == code.rawValue)
                #expect(answer.json["detail"].string == "device box does not allow it")
            }
            let body = #"{"prompt":"x","terminal":{"columns":80,"rows":24},"split_output":true,"on_limit":"wait"}"#
            _ = try await site.api.call("POST", "/tasks", body).expect(202)
            let submit = try #require(site.dispatcher.submits.last)
            #expect(submit.terminal == TerminalSize(columns: 80, rows: 24) && submit.splitOutput == true)
            #expect(submit.choices?.onLimit == .wait && submit.choices?.background == nil)
            let wrong = #"{"prompt":"x","terminal":{"columns":0,"rows":24}}"#
            #expect(try await site.api.call("POST", "/tasks", wrong).status == 422)
        }
    }

    @Test("Conversations are listed, searched, renamed and deleted")
    func conversations() async throws {
        try await Site.with { site in
            let conversation = ScriptedRequests.conversation()
            site.dispatcher.requests.change { $0.conversations = [conversation] }
            let list = try await site.api.call("GET", "/conversations").expect(200)
            #expect(list["total"].int == 1 && list["next"].string == "there")
            #expect(
                list["items"][0].keys == [
                    "id", "title", "created_at", "updated_at", "tasks", "last_task_id", "state", "device_id",
                    "device_name",
                ])
            _ = try await site.api.call("GET", "/conversations?q=a%20%C3%A9%25&limit=2&before=a.b").expect(200)
            #expect(
                site.dispatcher.requests.now.conversationLists == [
                    ConversationList(owner: site.ada.id, limit: 50),
                    ConversationList(owner: site.ada.id, limit: 2, before: "a.b", query: "a é%"),
                ])
            let long = String(repeating: "x", count: 201)
            for (query, name) in [("q=\(long)", "q"), ("before=\(long)", "before"), ("limit=201", "limit")] {
                let answer = try await site.api.call("GET", "/conversations?\(query)")
                #expect(answer.status == 400 && answer.json["detail"].string?.contains("'\(name)'") == true)
            }
            let path = "/conversations/\(conversation.id)"
            #expect(try await site.api.call("GET", path).expect(200)["title"].string == "say hello")
            let renamed = try await site.api.call("PATCH", path, #"{"title":"greetings"}"#).expect(200)
            #expect(renamed["title"].string == "greetings")
            _ = try await site.api.call("PATCH", path, #"{"title":null}"#).expect(200)
            #expect(site.dispatcher.requests.now.renames.map(\.title) == ["greetings", nil])
            for body in ["{}", #"{"title":""}"#, #"{"title":" "}"#, #"{"title":"\#(long)"}"#] {
                let answer = try await site.api.call("PATCH", path, body)
                #expect(answer.status == 422 && answer.json["detail"].string?.contains("'title'") == true, "\(body)")
            }
            #expect(try await site.api.call("PATCH", path, #"{"title":1}"#).status == 400)
            site.dispatcher.refuse([Fault(.conflict, "a task has not ended")])
            #expect(try await site.api.call("DELETE", path).status == 409)
            #expect(try await site.api.call("DELETE", path).status == 204)
            #expect(site.dispatcher.requests.now.deletions.map(\.conversation) == [conversation.id])
            // A leader that was lost may have deleted it; one that did not lead has not.
            site.dispatcher.refuse([Fault(.peerLost, "it died"), Fault(.conversationNotFound, "gone")])
            #expect(try await site.api.call("DELETE", path).status == 204)
            site.dispatcher.refuse([Fault(.notLeader, "not me"), Fault(.conversationNotFound, "gone")])
            #expect(try await site.api.call("DELETE", path).code == "conversation_not_found")
            for (method, body) in [("GET", nil), ("PATCH", #"{"title":"x"}"#), ("DELETE", nil)] {
                for id in ["x", ConversationID.generate().description] {
                    let answer = try await site.api.call(method, "/conversations/\(id)", body)
                    #expect(answer.status == 404 && answer.code == "conversation_not_found", "\(method) \(id)")
                }
            }
        }
    }

    @Test("Defaults are patched: a value sets, null removes, absent ones stay")
    func defaults() async throws {
        try await Site.with { site in
            let names = Set(Choices.names)
            let fresh = try await site.api.call("GET", "/me/defaults").expect(200)
            #expect(fresh.keys == names.union(["effective"]) && fresh["effective"].keys == names)
            #expect(fresh["priority"] == .null && fresh["effective"]["priority"].string == "normal")
            let body = #"{"priority":"high","timeout_s":600,"permission_mode":"plan"}"#
            _ = try await site.api.call("PATCH", "/me/defaults", body).expect(200)
            let next = try await site.api.call("PATCH", "/me/defaults", #"{"timeout_s":null,"grace_s":5}"#).expect(200)
            #expect(next["timeout_s"] == .null && next["grace_s"].int == 5 && next["priority"].string == "high")
            #expect(next["effective"]["timeout_s"].int == 0)
            #expect(
                site.dispatcher.requests.now.defaults == [
                    DefaultsSet(
                        owner: site.ada.id, set: Choices(priority: .high, timeoutS: 600, permissionMode: .plan)),
                    DefaultsSet(owner: site.ada.id, set: Choices(graceS: 5), clear: ["timeout_s"]),
                ])
            for (body, status, detail) in [
                (#"{"prioritty":"high"}"#, 422, "'prioritty'"), (#"{"colour":null}"#, 422, "queue_ttl_s"),
                (#"{"effective":{}}"#, 422, "'effective'"), (#"{"priority":"urgent"}"#, 422, "'priority'"),
                (#"{"grace_s":86401}"#, 422, "'grace_s'"), (#"{"grace_s":"5"}"#, 400, "'grace_s'"), ("[]", 400, ""),
            ] {
                let answer = try await site.api.call("PATCH", "/me/defaults", body)
                #expect(answer.status == status && answer.code == "invalid_request", "\(body): \(answer.json)")
                let text = answer.json["detail"].string ?? ""
                #expect(detail.isEmpty || text.contains(detail), "\(body): \(answer.json)")
            }
            #expect(site.dispatcher.requests.now.defaults.count == 2)
        }
    }

    @Test("A device is renamed, labelled and found by its labels")
    func devices() async throws {
        try await Site.with { site in
            func device(_ id: String, _ labels: [String: String]?) -> Device {
                Device(
                    owner: site.ada.id, id: id, name: id, status: .online, labels: labels,
                    slots: Slots(used: 0, total: 5))
            }
            site.registry.set(devices: [device("a", ["env": "ci=1", "gpu": ""]), device("b", nil)])
            for (query, ids) in [
                ("", ["a", "b"]), ("label=env", ["a"]), ("label=env%3Dci%3D1", ["a"]), ("label=env=ci=1", ["a"]),
                ("label=gpu=", ["a"]), ("label=env=x", []), ("label=none", []),
            ] {
                let list = try await site.api.call("GET", "/devices?\(query)").expect(200)
                #expect(list["items"].items.map { $0["id"].string } == ids, "\(query)")
                #expect(list["total"].int == ids.count)
            }
            #expect(try await site.api.devices()[1]["labels"] == .object([:]))
            let body = #"{"name":"build box","labels":{"gpu":null,"env":"prod","old":null}}"#
            let answer = try await site.api.call("PATCH", "/devices/a", body).expect(200)
            #expect(answer["id"].string == "a" && answer["labels"]["env"].string == "ci=1")
            _ = try await site.api.call("PATCH", "/devices/a", #"{"name":null}"#).expect(200)
            _ = try await site.api.call("PATCH", "/devices/a", #"{"labels":{}}"#).expect(200)
            let owner = site.ada.id
            #expect(
                site.registry.updates == [
                    DeviceUpdate(
                        owner: owner, device: "a", name: "build box", set: ["env": "prod"], remove: ["gpu", "old"]),
                    DeviceUpdate(owner: owner, device: "a", name: ""),
                    DeviceUpdate(owner: owner, device: "a", set: [:]),
                ])
            let long = String(repeating: "x", count: 201)
            for (body, status, detail) in [
                ("{}", 422, "'labels'"), (#"{"name":""}"#, 422, "'name'"), (#"{"name":"\#(long)"}"#, 422, "'name'"),
                (#"{"labels":{"A":"1"}}"#, 422, "'A'"), (#"{"labels":{"a":"\#(long)"}}"#, 422, "'a'"),
                (#"{"labels":{"a":1}}"#, 400, "'labels.a'"), (#"{"name":1}"#, 400, "'name'"),
            ] {
                let answer = try await site.api.call("PATCH", "/devices/a", body)
                #expect(answer.status == status && answer.code == "invalid_request", "\(body): \(answer.json)")
                #expect(answer.json["detail"].string?.contains(detail) == true, "\(body): \(answer.json)")
            }
            let none = try await site.api.call("PATCH", "/devices/none", #"{"name":"x"}"#)
            #expect(none.status == 404 && none.code == "device_not_found")
            site.registry.set(fault: Fault(.invalidRequest, "'labels' would give the device 33 labels"))
            #expect(try await site.api.call("PATCH", "/devices/a", #"{"name":"x"}"#).status == 422)
        }
    }
}

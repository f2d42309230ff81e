import TestSupport
import Testing

@testable import CLI

/// The real `wegent`, as a process, against a gateway that is played.
@Suite(.timeLimit(.minutes(2)))
struct AnswerTests {
    private let path = "/tasks/\(StubGateway.task)/approvals/\(StubGateway.approval)"

    private func with(_ body: (StubGateway) async throws -> Void) async throws {
        let gateway = try StubGateway()
        defer { gateway.stop() }
        gateway.answer("GET /approvals", StubGateway.list([StubGateway.approval()]))
        try await body(gateway)
    }

    @Test func answersAreGiven() async throws {
        try await with { gateway in
            let allowed = #""state":"allowed","scope":"conversation","resolved_by":"ada (x)""#
            gateway.answer("POST \(path)", StubGateway.approval(StubGateway.approval, allowed))
            let approve = try await gateway.run(["approve", "--conversation", "01A2038B-11"])
            #expect(approve.status == .exited(0) && approve.output.isEmpty, "\(approve)")
            #expect(
                approve.errors
                    == "wegent: Bash: npm test is allowed in this conversation; the rule there: Bash(npm test:*)\n")
            let denied = #""state":"denied","scope":"once","message":"no""#
            gateway.answer("POST \(path)", StubGateway.approval(StubGateway.approval, denied))
            let deny = try await gateway.run(["deny", StubGateway.approval, "-m", "no", "--json"])
            #expect(deny.status == .exited(0) && deny.output.contains(#""state":"denied""#), "\(deny)")
            #expect(
                gateway.asked("POST").map(\.body) == [
                    #"{"decision":"allow","scope":"conversation"}"#,
                    #"{"decision":"deny","message":"no","scope":"once"}"#,
                ])
        }
    }

    @Test(arguments: [(409, "approval_resolved", 4), (410, "approval_abandoned", 5), (404, "approval_not_found", 3)])
    func aScriptCanTellWhyNot(_ status: Int, _ code: String, _ exit: Int32) async throws {
        try await with { gateway in
            gateway.answer("POST \(path)", status, #"{"detail":"bob (phone) was first","code":"\#(code)"}"#)
            for command in ["approve", "deny"] {
                let done = try await gateway.run([command, "01a2038b-11f0"])
                #expect(done.status == .exited(exit), "\(done)")
                #expect(done.errors == "wegent: error: bob (phone) was first (\(code))\n")
            }
        }
    }

    @Test func anAnswerWhoseReplyWasLostIsGivenAgain() async throws {
        try await with { gateway in
            gateway.answer("POST \(path)", 0, "")
            let lost = try await gateway.run(["approve", StubGateway.approval])
            #expect(lost.status == .exited(1), "\(lost)")
            let asked = gateway.asked("POST")
            #expect(asked.count >= 3 && asked[0].answer != nil && Set(asked.map(\.answer)).count == 1)
            gateway.answer("POST \(path)", StubGateway.approval(StubGateway.approval, #""state":"allowed""#))
            _ = try await gateway.run(["approve", StubGateway.approval])
            #expect(Set(gateway.asked("POST").map(\.answer)).count == 2)
        }
    }

    @Test func pagesThatEndEarlyAreReadOn() async throws {
        try await with { gateway in
            let ids = (1...3).map { "01a2038b-11f\($0)-7aa2-8c31-5f1f3b6e9d01" }
            for (index, id) in ids.enumerated() {
                let page = StubGateway.list([StubGateway.approval(id)]).replacing(
                    #""next":null,"total":1"#, with: #""next":\#(index < 2 ? #""\#(id)""# : "null"),"total":3"#)
                let before = index == 0 ? "" : "&before=\(ids[index - 1])"
                for state in ["pending", "all"] {
                    for limit in [50, 2, 200] where limit > index {
                        gateway.answer("GET /approvals?state=\(state)&limit=\(limit - index)\(before)", page)
                    }
                }
            }
            let all = try await gateway.run(["approvals"])
            #expect(all.output.split(separator: "\n").count == 4, "\(all)")
            let two = try await gateway.run(["approvals", "--limit", "2", "--json"])
            #expect(two.output.split(separator: #""tool":"#).count == 3 && two.output.contains(#""total":3"#), "\(two)")
            gateway.answer("POST /tasks/\(StubGateway.task)/approvals/\(ids[2])", StubGateway.approval(ids[2]))
            for id in [ids[2], "01a2038b-11f3"] {
                let old = try await gateway.run(["approve", id])
                #expect(old.status == .exited(0), "\(old)")
            }
            let watch = try gateway.start(["approvals", "--watch"])
            for id in ids { _ = try await watch.stdout.line("an old request") { $0.contains(id) } }
            watch.signal(15)
            _ = try await watch.exit()
        }
    }

    @Test(arguments: [503, 504, 429]) func aWatchOutlastsAGatewayThatIsReplaced(_ status: Int) async throws {
        try await with { gateway in
            gateway.answer("GET /approvals", status, #"{"detail":"about to stop","code":"draining"}"#)
            let watch = try gateway.start(["approvals", "--watch"])
            _ = try await watch.stderr.line("the remark") { $0.contains("trying again") }
            gateway.answer("GET /approvals", StubGateway.list([StubGateway.approval()]))
            _ = try await watch.stdout.line("the request") { $0.contains("Bash: npm test") }
            gateway.answer("GET /approvals", 401, #"{"detail":"no","code":"token_revoked"}"#)
            #expect(try await watch.exit() == .exited(1))
        }
    }

    @Test func whatFailedHasNoHoldOnTheTerminal() async throws {
        try await with { gateway in
            gateway.answer("POST /tasks", 202, StubGateway.task())
            let error =
                #"{"state":"failed","error":{"code":"agent_failed","message":"no\u001b]0;x\u0007\nwegent: done"}}"#
            gateway.emit("state", error)
            gateway.end()
            let run = try await gateway.run(["run", "x"])
            #expect(run.errors.contains(#"failed: no\u{1b}]0;x\u{7}\u{a}wegent: done (agent_failed)"#), "\(run)")
        }
    }

    @Test func unknownAndAmbiguousOnesAreNamed() async throws {
        try await with { gateway in
            for id in ["ffffffff", "ffffffff-11f0-7aa2-8c31-5f1f3b6e9d01"] {
                let none = try await gateway.run(["approve", id])
                #expect(none.status == .exited(3) && none.errors.contains("you have no approval \(id)"), "\(none)")
            }
            let other = "01a2038b-11f0-7aa2-8c31-5f1f3b6e9d02"
            gateway.answer("GET /approvals", StubGateway.list([StubGateway.approval(), StubGateway.approval(other)]))
            let two = try await gateway.run(["approve", "01a2038b-11f0"])
            #expect(two.status == .exited(1) && two.errors.contains("2 approvals begin with"), "\(two)")
            let short = try await gateway.run(["deny", "01a2"])
            #expect(short.status == .exited(64) && short.errors.contains("neither an approval's id"), "\(short)")
            #expect(gateway.asked("POST").isEmpty)
        }
    }

    @Test func listsAreTablesOrJSON() async throws {
        try await with { gateway in
            let table = try await gateway.run(["approvals"])
            #expect(table.output.contains("01a2038b-11f0  ") && table.output.contains("Bash: npm test"), "\(table)")
            let json = try await gateway.run(["approvals", "--all", "--limit", "7", "--json"])
            #expect(json.output.contains(#""title":"npm test""#), "\(json)")
            #expect(
                gateway.asked.map(\.line) == [
                    "GET /approvals?state=pending&limit=50", "GET /approvals?state=all&limit=7",
                ])
            gateway.answer("GET /approvals", StubGateway.list([]))
            let none = try await gateway.run(["approvals"])
            #expect(none.output.isEmpty && none.errors == "wegent: no agent waits for an answer\n")
        }
    }

    @Test func aWatchTellsEachChangeUntilItIsEnded() async throws {
        try await with { gateway in
            let watch = try gateway.start(["approvals", "--watch"])
            _ = try await watch.stdout.line("the request") { $0.contains("Bash: npm test") && $0.contains(" left") }
            let denied = #""state":"denied","resolved_by":"bob""#
            gateway.answer("GET /approvals", StubGateway.list([StubGateway.approval(StubGateway.approval, denied)]))
            _ = try await watch.stdout.line("the answer") { $0.contains("denied by bob") }
            watch.signal(15)
            _ = try await watch.exit()
            #expect(watch.stdout.text.split(separator: "\n").count == 2, "\(watch.stdout.text)")
        }
    }

    @Test(arguments: [false, true]) func withoutATerminalItIsSaidHowToAnswer(_ json: Bool) async throws {
        try await with { gateway in
            gateway.answer("POST /tasks", 202, StubGateway.task())
            let run = try gateway.start(["run"] + (json ? ["--json"] : []) + ["--priority", "high", "test it"])
            gateway.emit("permission_request", StubGateway.approval())
            let said = try await run.stderr.line("how to answer") { $0.contains("wegent approve") }
            #expect(
                said.contains(
                    "waits for approval: Bash: npm test; answer with `wegent approve \(StubGateway.approval)`"))
            // A second one that is answered at once, as in a stream that is read again, is no question any more.
            let other = "01a2038b-11f0-7aa2-8c31-5f1f3b6e9d02"
            gateway.emit("permission_request", StubGateway.approval(other))
            for id in [other, StubGateway.approval] {
                gateway.emit(
                    "permission_resolved", StubGateway.approval(id, #""state":"allowed","resolved_by":"bob""#))
            }
            gateway.emit("state", #"{"state":"completed"}"#)
            #expect(try await run.exit() == .exited(0))
            #expect(run.stderr.text.split(separator: "\n").count { $0.contains("wegent approve") } == 1)
            #expect(run.stdout.text.contains(json ? #""kind":"permission_resolved""# : "✓ allowed by bob"))
            let body = try #require(gateway.asked("POST /tasks").first?.body)
            #expect(body.contains(#""priority":"high""#) && !body.contains("timeout_s"), "\(body)")
        }
    }

    @Test func aRetryIsWatched() async throws {
        try await with { gateway in
            gateway.answer("POST /tasks/\(StubGateway.task)/retry", 202, StubGateway.task())
            gateway.answer("GET /tasks", StubGateway.list([StubGateway.task(#""state":"failed""#)]))
            gateway.emit("agent_message_chunk", #"{"content":{"type":"text","text":"again\n"}}"#)
            gateway.emit("state", #"{"state":"completed"}"#)
            let retry = try await gateway.run(["retry", "01a2038a-5d10"])
            #expect(retry.status == .exited(0) && retry.output == "again\n", "\(retry)")
            #expect(gateway.asked("POST").first?.body.contains(#""idempotency_key":""#) == true)
            gateway.answer(
                "POST /tasks/\(StubGateway.task)/retry", 409, #"{"detail":"it has not ended","code":"conflict"}"#)
            let refused = try await gateway.run(["retry", StubGateway.task])
            #expect(refused.status == .exited(1) && refused.errors.contains("it has not ended (conflict)"))
        }
    }

    @Test func conversationsAreFoundRenamedAndDeleted() async throws {
        try await with { gateway in
            let id = StubGateway.conversation
            let view = #"""
                {"id":"\#(id)","title":"the flaky test","created_at":"2026-03-01T09:30:00.250Z","tasks":2,"state":"failed",
                 "updated_at":"2026-03-01T09:30:00.250Z","last_task_id":null,"device_id":"box","device_name":null}
                """#
            gateway.answer("GET /conversations", StubGateway.list([view]))
            gateway.answer("PATCH /conversations/\(id)", view)
            gateway.answer("DELETE /conversations/\(id)", 204, "")
            let table = try await gateway.run(["conversations", "--search", "fläky & co"])
            #expect(table.output.contains(id) && table.output.contains("the flaky test"), "\(table)")
            let json = try await gateway.run(["conversations", "--json"])
            #expect(json.output.contains(#""total":1"#), "\(json)")
            let renamed = try await gateway.run(["conversations", "rename", "01a2038a-5d10", "new"])
            #expect(renamed.status == .exited(0), "\(renamed)")
            _ = try await gateway.run(["conversations", "rename", id, ""])
            #expect(gateway.asked("PATCH").map(\.body) == [#"{"title":"new"}"#, #"{"title":null}"#])
            let deleted = try await gateway.run(["conversations", "delete", id])
            #expect(deleted.status == .exited(0) && deleted.errors.contains("is deleted"), "\(deleted)")
            #expect(gateway.asked.first?.line == "GET /conversations?limit=20&q=fl%C3%A4ky%20%26%20co")
        }
    }

    @Test func defaultsAreShownSetAndCleared() async throws {
        try await with { gateway in
            let body = #"{"priority":"high","effective":{"priority":"high","queue_ttl_s":86400}}"#
            gateway.answer("GET /me/defaults", body)
            gateway.answer("PATCH /me/defaults", body)
            let shown = try await gateway.run(["defaults"])
            #expect(shown.output.contains("queue-ttl        1d"), "\(shown)")
            let json = try await gateway.run(["defaults", "--json"])
            #expect(json.output == #"{"effective":{"priority":"high","queue_ttl_s":86400},"priority":"high"}"# + "\n")
            _ = try await gateway.run(["defaults", "set", "priority=high", "timeout=2h"])
            _ = try await gateway.run(["defaults", "clear", "queue-ttl", "grace_s"])
            #expect(
                gateway.asked("PATCH").map(\.body) == [
                    #"{"priority":"high","timeout_s":7200}"#, #"{"grace_s":null,"queue_ttl_s":null}"#,
                ])
        }
    }

    @Test func devicesAreRenamedAndLabelled() async throws {
        try await with { gateway in
            let device = #"""
                {"id":"b-1","name":"Linux - box","status":"online","is_default":false,"labels":{"env":"ci"},
                 "slots":{"used":0,"total":5},"agents":[]}
                """#
            gateway.answer("GET /devices", StubGateway.list([device]))
            gateway.answer("PATCH /devices/b-1", device)
            let list = try await gateway.run(["devices", "--label", "env=ci"])
            #expect(list.output.contains("LABELS") && list.output.contains("env=ci"), "\(list)")
            #expect(gateway.asked.last?.line == "GET /devices?label=env%3Dci")
            for arguments in [
                ["rename", "linux - box", "fast"], ["rename", "b-1", ""], ["label", "b-1", "a=b", "c-"],
            ] {
                #expect(try await gateway.run(["devices"] + arguments).status == .exited(0))
            }
            #expect(
                gateway.asked("PATCH").map(\.body) == [
                    #"{"name":"fast"}"#, #"{"name":null}"#, #"{"labels":{"a":"b","c":null}}"#,
                ])
        }
    }
}

import TestSupport
import Testing

@testable import CLI

@Suite("Answers, lists and choices, by a real `wegent` process against a scripted gateway", .timeLimit(.minutes(2)))
struct AnswerTests {
    private let path = "/tasks/\(ScriptedGateway.task)/approvals/\(ScriptedGateway.approval)"

    private func withGateway(_ body: (ScriptedGateway) async throws -> Void) async throws {
        let gateway = try ScriptedGateway()
        defer { gateway.stop() }
        gateway.reply("GET /approvals", ScriptedGateway.list([ScriptedGateway.approval()]))
        try await body(gateway)
    }

    @Test("approve and deny send the answer and print the result")
    func sendsAnswers() async throws {
        try await withGateway { gateway in
            let allowed = #""state":"allowed","scope":"conversation","resolved_by":"ada (x)""#
            gateway.reply("POST \(path)", ScriptedGateway.approval(ScriptedGateway.approval, allowed))
            let approve = try await gateway.run(["approve", "--conversation", "01A2038B-11"])
            #expect(approve.status == .exited(0) && approve.output.isEmpty, "\(approve)")
            #expect(
                approve.errors
                    == "wegent: Bash: npm test is allowed in this conversation; this allows Bash(npm test:*)\n")
            let denied = #""state":"denied","scope":"once","message":"no""#
            gateway.reply("POST \(path)", ScriptedGateway.approval(ScriptedGateway.approval, denied))
            let deny = try await gateway.run(["deny", ScriptedGateway.approval, "-m", "no", "--json"])
            #expect(deny.status == .exited(0) && deny.output.contains(#""state":"denied""#), "\(deny)")
            #expect(
                gateway.requests("POST").map(\.body) == [
                    #"{"decision":"allow","scope":"conversation"}"#,
                    #"{"decision":"deny","message":"no"}"#,
                ])
        }
    }

    private static let offers =
        #""state":"pending","options":[{"id":"allow_once","label":"Allow once","kind":"allow_once"},{"id":"deny","label":"Deny","kind":"reject_once"}]"#
    private static let question =
        offers
        + #","questions":[{"id":"1","text":"Which colour?","header":"Colour","options":[{"id":"Red","label":"Red"},{"id":"Blue","label":"Blue"}],"multiple":true,"free_text":true}]"#

    /// Runs `wegent` against a pending request, with an editor.
    private func answer(
        _ gateway: ScriptedGateway, _ request: String, _ arguments: [String], editor: String = "false"
    ) async throws -> UpProcess.Finished {
        gateway.reply(
            "GET /approvals", ScriptedGateway.list([ScriptedGateway.approval(ScriptedGateway.approval, request)]))
        gateway.reply("POST \(path)", ScriptedGateway.approval(ScriptedGateway.approval, #""state":"allowed""#))
        let child = try ChildProcess(
            Binaries.wegent, arguments + ["01a2038b-11f0"],
            environment: gateway.environment.merging(["VISUAL": editor, "PATH": "/usr/bin:/bin"]) { $1 })
        child.closeInput()
        let status = try await child.exit()
        return UpProcess.Finished(status: status, output: child.stdout.text, errors: child.stderr.text)
    }

    @Test("approve sends the chosen option, answers and an edited input")
    func sendsChoices() async throws {
        try await withGateway { gateway in
            for (request, arguments, body) in [
                (Self.offers, ["approve", "--option", "1"], #"{"option":"allow_once"}"#),
                (Self.offers, ["approve", "--option", "allow ONCE"], #"{"option":"allow_once"}"#),
                (Self.offers, ["deny", "--option", "Deny"], #"{"option":"deny"}"#),
                (Self.question, ["approve", "--option", "2"], #"{"answers":{"1":["Blue"]},"decision":"allow"}"#),
                (
                    Self.question, ["approve", "--answer", "Colour=1,grey"],
                    #"{"answers":{"1":["Red","grey"]},"decision":"allow"}"#
                ),
                (
                    Self.offers, ["approve", "--input", #"{"command":"ls"}"#],
                    #"{"decision":"allow","updated_input":{"command":"ls"}}"#
                ),
            ] {
                let before = gateway.requests("POST").count
                let done = try await answer(gateway, request, arguments)
                #expect(done.status == .exited(0), "\(done)")
                #expect(gateway.requests("POST").dropFirst(before).map(\.body) == [body])
            }
            let edited = try await answer(gateway, Self.offers, ["approve", "--edit"], editor: "sed -i s/test/ci/")
            #expect(edited.status == .exited(0), "\(edited)")
            #expect(
                gateway.requests("POST").last?.body == #"{"decision":"allow","updated_input":{"command":"npm ci"}}"#)
        }
    }

    @Test("approve refuses what the request does not offer, and sends nothing")
    func refusesChoices() async throws {
        try await withGateway { gateway in
            for (request, arguments, status, text) in [
                (Self.offers, ["approve", "--option", "ever"], 1, "its options are 1 Allow once, 2 Deny"),
                (Self.offers, ["approve", "--option", "2"], 1, "use `wegent deny`"),
                (Self.offers, ["deny", "--option", "1"], 1, "use `wegent approve`"),
                (Self.offers, ["approve", "--answer", "x"], 1, "asks no questions"),
                (Self.question, ["approve"], 1, "--answer 'Colour=…'"),
                (Self.question, ["approve", "--answer", "1=Red", "--answer", "1=Blue"], 1, "Colour has two answers"),
                (Self.offers, ["approve", "--edit"], 1, "the editor ended with status 1, so nothing was sent"),
                (Self.offers, ["approve", "--input", "[]"], 1, "is not a JSON object"),
                (Self.offers, ["approve", "--input", "@/nonexistent"], 1, "'/nonexistent' cannot be read"),
                (Self.offers + #","input_cut":true"#, ["approve", "--edit"], 1, "was cut, so it cannot be edited"),
                (Self.offers, ["approve", "--edit", "--conversation"], 64, "an edited input is allowed once"),
                (Self.offers, ["approve", "--edit", "--input", "{}"], 64, "exclude each other"),
            ] as [(String, [String], Int32, String)] {
                let done = try await answer(gateway, request, arguments)
                #expect(done.status == .exited(status) && done.errors.contains(text), "\(arguments) \(done)")
            }
            let unchanged = try await answer(gateway, Self.offers, ["approve", "--edit"], editor: "true")
            #expect(unchanged.errors.contains("was not changed, so nothing was sent"), "\(unchanged)")
            let missing = try await answer(gateway, Self.offers, ["approve", "--edit"], editor: "no-such-editor")
            #expect(missing.errors.contains("set VISUAL or EDITOR"), "\(missing)")
            #expect(gateway.requests("POST").isEmpty)
        }
    }

    @Test("A unique prefix of six characters names the request, a shared one does not")
    func shortPrefixes() async throws {
        try await withGateway { gateway in
            gateway.reply("POST \(path)", ScriptedGateway.approval(ScriptedGateway.approval, #""state":"denied""#))
            for command in ["approve", "deny"] {
                let done = try await gateway.run([command, "01A203"])
                #expect(done.status == .exited(0), "\(done)")
            }
            let other = ScriptedGateway.approval("01a2038b-22f0-7aa2-8c31-5f1f3b6e9d01")
            gateway.reply("GET /approvals", ScriptedGateway.list([ScriptedGateway.approval(), other]))
            let sent = gateway.requests("POST").count
            for command in ["approve", "deny"] {
                let two = try await gateway.run([command, "01a203"])
                #expect(two.status == .exited(1) && two.errors.contains("type more characters"), "\(two)")
            }
            #expect(gateway.requests("POST").count == sent)
        }
    }

    @Test(
        "approve and deny exit with a code of their own for each reason",
        arguments: [(409, "approval_resolved", 4), (410, "approval_abandoned", 5), (404, "approval_not_found", 3)])
    func exitCodes(_ status: Int, _ code: String, _ exit: Int32) async throws {
        try await withGateway { gateway in
            gateway.reply("POST \(path)", status, #"{"detail":"bob (phone) was first","code":"\#(code)"}"#)
            for command in ["approve", "deny"] {
                let done = try await gateway.run([command, "01a2038b-11f0"])
                #expect(done.status == .exited(exit), "\(done)")
                #expect(done.errors == "wegent: error: bob (phone) was first (\(code))\n")
            }
        }
    }

    @Test("An answer whose reply was lost is repeated with the same id")
    func repeatsLostAnswer() async throws {
        try await withGateway { gateway in
            gateway.reply("POST \(path)", 0, "")
            let lost = try await gateway.run(["approve", ScriptedGateway.approval])
            #expect(lost.status == .exited(1), "\(lost)")
            let sent = gateway.requests("POST")
            #expect(sent.count >= 3 && sent[0].answerID != nil && Set(sent.map(\.answerID)).count == 1)
            gateway.reply("POST \(path)", ScriptedGateway.approval(ScriptedGateway.approval, #""state":"allowed""#))
            _ = try await gateway.run(["approve", ScriptedGateway.approval])
            #expect(Set(gateway.requests("POST").map(\.answerID)).count == 2)
        }
    }

    @Test("Approvals are read over several pages")
    func readsAllPages() async throws {
        try await withGateway { gateway in
            let ids = (1...3).map { "01a2038b-11f\($0)-7aa2-8c31-5f1f3b6e9d01" }
            for (index, id) in ids.enumerated() {
                let page = ScriptedGateway.list([ScriptedGateway.approval(id)]).replacing(
                    #""next":null,"total":1"#, with: #""next":\#(index < 2 ? #""\#(id)""# : "null"),"total":3"#)
                let before = index == 0 ? "" : "&before=\(ids[index - 1])"
                for state in ["pending", "all"] {
                    for limit in [50, 2, 200] where limit > index {
                        gateway.reply("GET /approvals?state=\(state)&limit=\(limit - index)\(before)", page)
                    }
                }
            }
            let all = try await gateway.run(["approvals"])
            #expect(all.output.split(separator: "\n").count == 4, "\(all)")
            let two = try await gateway.run(["approvals", "--limit", "2", "--json"])
            #expect(two.output.split(separator: #""tool":"#).count == 3 && two.output.contains(#""total":3"#), "\(two)")
            gateway.reply("POST /tasks/\(ScriptedGateway.task)/approvals/\(ids[2])", ScriptedGateway.approval(ids[2]))
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

    @Test(
        "approvals --watch survives the replacement of a gateway, but not a revoked token", arguments: [503, 504, 429])
    func watchSurvivesReplacement(_ status: Int) async throws {
        try await withGateway { gateway in
            gateway.reply("GET /approvals", status, #"{"detail":"about to stop","code":"draining"}"#)
            let watch = try gateway.start(["approvals", "--watch"])
            _ = try await watch.stderr.line("the notice") { $0.contains("trying again") }
            gateway.reply("GET /approvals", ScriptedGateway.list([ScriptedGateway.approval()]))
            _ = try await watch.stdout.line("the request") { $0.contains("Bash: npm test") }
            gateway.reply("GET /approvals", 401, #"{"detail":"no","code":"token_revoked"}"#)
            #expect(try await watch.exit() == .exited(1))
        }
    }

    @Test("Control characters in a task's error are escaped")
    func escapesErrors() async throws {
        try await withGateway { gateway in
            gateway.reply("POST /tasks", 202, ScriptedGateway.task())
            let error =
                #"{"state":"failed","error":{"code":"agent_failed","message":"no\u001b]0;x\u0007\nwegent: done"}}"#
            gateway.emit("state", error)
            gateway.end()
            let run = try await gateway.run(["run", "x"])
            #expect(run.errors.contains(#"failed: no\u{1b}]0;x\u{7}\u{a}wegent: done (agent_failed)"#), "\(run)")
        }
    }

    @Test("Unknown, ambiguous and too short approval ids are reported and not answered")
    func rejectsWrongIDs() async throws {
        try await withGateway { gateway in
            for id in ["ffffffff", "ffffffff-11f0-7aa2-8c31-5f1f3b6e9d01"] {
                let none = try await gateway.run(["approve", id])
                #expect(none.status == .exited(3) && none.errors.contains("you have no approval \(id)"), "\(none)")
            }
            let other = "01a2038b-11f0-7aa2-8c31-5f1f3b6e9d02"
            gateway.reply(
                "GET /approvals", ScriptedGateway.list([ScriptedGateway.approval(), ScriptedGateway.approval(other)]))
            let two = try await gateway.run(["approve", "01a2038b-11f0"])
            #expect(
                two.status == .exited(1) && two.errors.contains("2 approvals have an id that begins with"), "\(two)")
            let short = try await gateway.run(["deny", "01a2"])
            #expect(short.status == .exited(64) && short.errors.contains("neither an approval id"), "\(short)")
            #expect(gateway.requests("POST").isEmpty)
        }
    }

    @Test("approvals prints a table, or JSON with --json")
    func printsTableOrJSON() async throws {
        try await withGateway { gateway in
            let table = try await gateway.run(["approvals"])
            #expect(table.output.contains("01a2038b-11f0  ") && table.output.contains("Bash: npm test"), "\(table)")
            let json = try await gateway.run(["approvals", "--all", "--limit", "7", "--json"])
            #expect(json.output.contains(#""title":"npm test""#), "\(json)")
            #expect(
                gateway.requests.map(\.line) == [
                    "GET /approvals?state=pending&limit=50", "GET /approvals?state=all&limit=7",
                ])
            gateway.reply("GET /approvals", ScriptedGateway.list([]))
            let none = try await gateway.run(["approvals"])
            #expect(none.output.isEmpty && none.errors == "wegent: no permission request is pending\n")
        }
    }

    @Test("approvals --watch prints each request and its answer once")
    func watchPrintsChanges() async throws {
        try await withGateway { gateway in
            let watch = try gateway.start(["approvals", "--watch"])
            _ = try await watch.stdout.line("the request") { $0.contains("Bash: npm test") && $0.contains(" left") }
            let denied = #""state":"denied","resolved_by":"bob""#
            gateway.reply(
                "GET /approvals", ScriptedGateway.list([ScriptedGateway.approval(ScriptedGateway.approval, denied)]))
            _ = try await watch.stdout.line("the answer") { $0.contains("denied by bob") }
            watch.signal(15)
            _ = try await watch.exit()
            #expect(watch.stdout.text.split(separator: "\n").count == 2, "\(watch.stdout.text)")
        }
    }

    @Test("Without a terminal, run prints once how to answer a pending request", arguments: [false, true])
    func printsHowToAnswer(_ json: Bool) async throws {
        try await withGateway { gateway in
            gateway.reply("POST /tasks", 202, ScriptedGateway.task())
            let run = try gateway.start(["run"] + (json ? ["--json"] : []) + ["--priority", "high", "test it"])
            gateway.emit("permission_request", ScriptedGateway.approval())
            let notice = try await run.stderr.line("how to answer") { $0.contains("wegent approve") }
            #expect(
                notice.contains(
                    "waits for approval: Bash: npm test; answer with `wegent approve \(ScriptedGateway.approval)`"))
            // A second request, resolved at once as when a stream is resumed, is not reported.
            let other = "01a2038b-11f0-7aa2-8c31-5f1f3b6e9d02"
            gateway.emit("permission_request", ScriptedGateway.approval(other))
            for id in [other, ScriptedGateway.approval] {
                gateway.emit(
                    "permission_resolved", ScriptedGateway.approval(id, #""state":"allowed","resolved_by":"bob""#))
            }
            gateway.emit("state", #"{"state":"completed"}"#)
            #expect(try await run.exit() == .exited(0))
            #expect(run.stderr.text.split(separator: "\n").count { $0.contains("wegent approve") } == 1)
            #expect(run.stdout.text.contains(json ? #""kind":"permission_resolved""# : "✓ allowed by bob"))
            let body = try #require(gateway.requests("POST /tasks").first?.body)
            #expect(body.contains(#""priority":"high""#) && !body.contains("timeout_s"), "\(body)")
        }
    }

    @Test("retry follows the new task, and reports a refusal")
    func retryFollows() async throws {
        try await withGateway { gateway in
            gateway.reply("POST /tasks/\(ScriptedGateway.task)/retry", 202, ScriptedGateway.task())
            gateway.reply("GET /tasks", ScriptedGateway.list([ScriptedGateway.task(#""state":"failed""#)]))
            gateway.emit("agent_message_chunk", #"{"content":{"type":"text","text":"again\n"}}"#)
            gateway.emit("state", #"{"state":"completed"}"#)
            let retry = try await gateway.run(["retry", "01a2038a-5d10"])
            #expect(retry.status == .exited(0) && retry.output == "again\n", "\(retry)")
            #expect(gateway.requests("POST").first?.body.contains(#""idempotency_key":""#) == true)
            gateway.reply(
                "POST /tasks/\(ScriptedGateway.task)/retry", 409, #"{"detail":"it has not ended","code":"conflict"}"#)
            let refused = try await gateway.run(["retry", ScriptedGateway.task])
            #expect(refused.status == .exited(1) && refused.errors.contains("it has not ended (conflict)"))
        }
    }

    @Test("Conversations are listed, searched, renamed and deleted")
    func managesConversations() async throws {
        try await withGateway { gateway in
            let id = ScriptedGateway.conversation
            let view = #"""
                {"id":"\#(id)","title":"the flaky test","created_at":"2026-03-01T09:30:00.250Z","tasks":2,"state":"failed",
                 "updated_at":"2026-03-01T09:30:00.250Z","last_task_id":null,"device_id":"box","device_name":null}
                """#
            gateway.reply("GET /conversations", ScriptedGateway.list([view]))
            gateway.reply("PATCH /conversations/\(id)", view)
            gateway.reply("DELETE /conversations/\(id)", 204, "")
            let table = try await gateway.run(["conversations", "--search", "fläky & co"])
            #expect(table.output.contains(id) && table.output.contains("the flaky test"), "\(table)")
            let json = try await gateway.run(["conversations", "--json"])
            #expect(json.output.contains(#""total":1"#), "\(json)")
            let renamed = try await gateway.run(["conversations", "rename", "01a2038a-5d10", "new"])
            #expect(renamed.status == .exited(0), "\(renamed)")
            _ = try await gateway.run(["conversations", "rename", id, ""])
            #expect(gateway.requests("PATCH").map(\.body) == [#"{"title":"new"}"#, #"{"title":null}"#])
            let deleted = try await gateway.run(["conversations", "delete", id])
            #expect(deleted.status == .exited(0) && deleted.errors.contains("is deleted"), "\(deleted)")
            #expect(gateway.requests.first?.line == "GET /conversations?limit=20&q=fl%C3%A4ky%20%26%20co")
        }
    }

    @Test("Defaults are shown, set and cleared")
    func managesDefaults() async throws {
        try await withGateway { gateway in
            let body = #"{"priority":"high","effective":{"priority":"high","queue_ttl_s":86400}}"#
            gateway.reply("GET /me/defaults", body)
            gateway.reply("PATCH /me/defaults", body)
            let shown = try await gateway.run(["defaults"])
            #expect(shown.output.contains("queue-ttl        1d"), "\(shown)")
            let json = try await gateway.run(["defaults", "--json"])
            #expect(json.output == #"{"effective":{"priority":"high","queue_ttl_s":86400},"priority":"high"}"# + "\n")
            _ = try await gateway.run(["defaults", "set", "priority=high", "timeout=2h"])
            _ = try await gateway.run(["defaults", "clear", "queue-ttl", "grace_s"])
            #expect(
                gateway.requests("PATCH").map(\.body) == [
                    #"{"priority":"high","timeout_s":7200}"#, #"{"grace_s":null,"queue_ttl_s":null}"#,
                ])
        }
    }

    @Test("Devices are listed by label, renamed and labelled")
    func managesDevices() async throws {
        try await withGateway { gateway in
            let device = #"""
                {"id":"b-1","name":"Linux - box","status":"online","is_default":false,"labels":{"env":"ci"},
                 "slots":{"used":0,"total":5},"agents":[]}
                """#
            gateway.reply("GET /devices", ScriptedGateway.list([device]))
            gateway.reply("PATCH /devices/b-1", device)
            let list = try await gateway.run(["devices", "--label", "env=ci"])
            #expect(list.output.contains("LABELS") && list.output.contains("env=ci"), "\(list)")
            #expect(gateway.requests.last?.line == "GET /devices?limit=200&label=env%3Dci")
            for arguments in [
                ["rename", "linux - box", "fast"], ["rename", "b-1", ""], ["label", "b-1", "a=b", "c-"],
            ] {
                #expect(try await gateway.run(["devices"] + arguments).status == .exited(0))
            }
            #expect(
                gateway.requests("PATCH").map(\.body) == [
                    #"{"name":"fast"}"#, #"{"name":null}"#, #"{"labels":{"a":"b","c":null}}"#,
                ])
        }
    }
}

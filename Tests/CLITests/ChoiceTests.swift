import Messages
import Testing

@testable import CLI

struct ChoiceTests {
    @Test(arguments: [
        ("90", 90), ("90s", 90), ("10m", 600), ("2h", 7200), ("1d", 86_400), ("1.5h", 5400), ("0", 0), ("0s", 0),
    ])
    func timesAreRead(_ text: String, _ seconds: Double) { #expect(Span(argument: text)?.seconds == seconds) }

    @Test(arguments: ["", "s", "-1", "+1", "1w", "1e3", "inf", "nan", "0x10", "1 h", "m10", ".5h", "1.2.3", "1m30s"])
    func otherTextIsNoTime(_ text: String) { #expect(Span(argument: text) == nil) }

    @Test(arguments: [(90, "90s"), (120, "2m"), (86_400, "1d"), (5400, "90m"), (0, "0s"), (0.5, "0.5s")])
    func timesAreShown(_ seconds: Double, _ text: String) { #expect(Span(seconds: seconds).text == text) }

    @Test func runTakesChoices() throws {
        let run = try #require(
            try Wegent.parseAsRoot([
                "run", "--priority", "high", "--queue-ttl", "2d", "--if-offline", "wait", "--on-disconnect", "requeue",
                "--grace", "0", "--timeout", "2h", "--idle-timeout", "10m", "--permission-mode", "plan", "do it",
            ]) as? RunCommand)
        #expect(
            run.choices.choices
                == Choices(
                    priority: .high, queueTTLS: 172_800, ifOffline: .wait, onDisconnect: .requeue, graceS: 0,
                    timeoutS: 7200, idleTimeoutS: 600, permissionMode: .plan))
        let plain = try #require(try Wegent.parseAsRoot(["run", "do it"]) as? RunCommand)
        #expect(plain.choices.choices == Choices())
    }

    @Test(arguments: [
        (["--priority", "urgent"], "priority"), (["--queue-ttl", "0"], "--queue-ttl"), (["--grace", "2d"], "--grace"),
        (["--timeout", "31d"], "--timeout"), (["--idle-timeout", "soon"], "idle-timeout"),
        (["--if-offline", "maybe"], "if-offline"), (["--on-disconnect", "cry"], "on-disconnect"),
        (["--permission-mode", "root"], "permission-mode"),
    ])
    func wrongChoicesAreNamed(_ arguments: [String], _ word: String) {
        let error = #expect(throws: (any Error).self) { try Wegent.parseAsRoot(["run", "x"] + arguments) }
        #expect(error.map { Wegent.exitCode(for: $0) } == .validationFailure)
        #expect(error.map { Wegent.message(for: $0) }?.contains(word) == true)
    }

    @Test func completionOffersTheNames() {
        #expect(Priority.allValueStrings == ["low", "normal", "high"])
        #expect(PermissionMode.allValueStrings == ["ask", "accept-edits", "plan", "bypass"])
    }

    @Test func namesAreThoseOfTheOptionsOrOfTheWire() throws {
        #expect(Choices.names.map(ChoiceName.short).contains("queue-ttl"))
        #expect(try Choices.names.map { try ChoiceName.field(ChoiceName.short($0)) } == Choices.names)
        #expect(try ChoiceName.field("idle_timeout_s") == "idle_timeout_s")
        #expect(try ChoiceName.value("2h", of: "timeout_s") == .number(7200))
        #expect(try ChoiceName.value("high", of: "priority") == .string("high"))
        #expect(throws: (any Error).self) { try ChoiceName.value("long", of: "timeout_s") }
        let error = #expect(throws: (any Error).self) { try ChoiceName.field("colour") }
        #expect(error.map { Wegent.message(for: $0) }?.contains("queue-ttl") == true)
    }

    @Test(arguments: [
        ["defaults", "set"], ["defaults", "set", "priority"], ["defaults", "set", "colour=red"],
        ["defaults", "set", "timeout=long"], ["defaults", "clear"], ["defaults", "clear", "colour"],
        ["devices", "label", "box"], ["devices", "label", "box", "env"], ["devices", "label", "box", "=x"],
        ["devices", "label", "box", "-"], ["devices", "rename", "box"], ["conversations", "--limit", "0"],
        ["conversations", "--search", ""], ["approvals", "--limit", "201"], ["approve"], ["deny"], ["retry"],
        ["up", "--approval-s", "0"], ["up", "--retention-days", "9999"],
    ])
    func refusesWrongUse(_ arguments: [String]) throws {
        let error = #expect(throws: (any Error).self) {
            let command = try Wegent.parseAsRoot(arguments)
            // What depends on the environment as well is looked at when it runs.
            if let up = command as? UpCommand { _ = try up.settings(.init(environment: ["HOME": "/h"])) }
        }
        #expect(error.map { Wegent.exitCode(for: $0) } == .validationFailure)
    }

    @Test func labelsAreSetAndTakenAway() throws {
        let patch = try LabelDevice.patch(["env=ci", "gpu-", "note=a=b", "empty="])
        #expect(patch == ["env": "ci", "gpu": nil, "note": "a=b", "empty": ""])
        #expect(LabelDevice.text(["gpu": "", "env": "ci"]) == "env=ci, gpu")
    }

    @Test func aTaskTellsItsChoicesFlat() throws {
        let body = StubGateway.task(#""state":"queued","queue_position":3,"priority":"high","timeout_s":90"#)
        let item = try Backend.decoder.decode(TaskItem.self, from: [UInt8](body.utf8).data)
        #expect(item.view.choices == Choices(priority: .high, timeoutS: 90))
        #expect(TasksCommand.table([item], now: .now()).rows[0][1] == "queued (3, high)")
        var waiting = item
        (waiting.view.state, waiting.view.queuePosition, waiting.view.waitingFor) = (.running, nil, .approval)
        #expect(TasksCommand.table([waiting], now: .now()).rows[0][1] == "waits for approval")
    }

    @Test func theTableOfDefaultsTellsFromWhom() throws {
        let body = #"{"priority":"high","timeout_s":null,"effective":{"priority":"high","timeout_s":0,"grace_s":30}}"#
        let defaults = try Backend.decoder.decode(DefaultsItem.self, from: [UInt8](body.utf8).data)
        let rows = DefaultsCommand.table(defaults).rows
        #expect(rows.contains(["priority", "high", "you"]) && rows.contains(["timeout", "none", "the service"]))
        #expect(rows.contains(["grace", "30s", "the service"]))
        #expect(rows.contains(["permission-mode", "as the device says", "the device"]))
    }
}

import Messages
import Testing

@testable import CLI

@Suite("Choices of a task on the command line")
struct ChoiceTests {
    @Test(
        "Times are parsed",
        arguments: [
            ("90", 90), ("90s", 90), ("10m", 600), ("2h", 7200), ("1d", 86_400), ("1.5h", 5400), ("0", 0), ("0s", 0),
        ])
    func parsesTimes(_ text: String, _ seconds: Double) { #expect(TimeSpan(argument: text)?.seconds == seconds) }

    @Test(
        "Text that is not a time is refused",
        arguments: ["", "s", "-1", "+1", "1w", "1e3", "inf", "nan", "0x10", "1 h", "m10", ".5h", "1.2.3", "1m30s"])
    func refusesOtherText(_ text: String) { #expect(TimeSpan(argument: text) == nil) }

    @Test(
        "Times are printed in their largest whole unit",
        arguments: [(90, "90s"), (120, "2m"), (86_400, "1d"), (5400, "90m"), (0, "0s"), (0.5, "0.5s")])
    func printsTimes(_ seconds: Double, _ text: String) { #expect(TimeSpan(seconds: seconds).text == text) }

    @Test("run parses choices")
    func parsesChoices() throws {
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

    @Test(
        "The error for a wrong choice names the option",
        arguments: [
            (["--priority", "urgent"], "priority"), (["--queue-ttl", "0"], "--queue-ttl"),
            (["--grace", "2d"], "--grace"),
            (["--timeout", "31d"], "--timeout"), (["--idle-timeout", "soon"], "idle-timeout"),
            (["--if-offline", "maybe"], "if-offline"), (["--on-disconnect", "cry"], "on-disconnect"),
            (["--permission-mode", "root"], "permission-mode"),
        ])
    func errorsNameOption(_ arguments: [String], _ option: String) {
        let error = #expect(throws: (any Error).self) { try Wegent.parseAsRoot(["run", "x"] + arguments) }
        #expect(error.map { Wegent.exitCode(for: $0) } == .validationFailure)
        #expect(error.map { Wegent.message(for: $0) }?.contains(option) == true)
    }

    @Test("Completion offers the values of choices")
    func completion() {
        #expect(Priority.allValueStrings == ["low", "normal", "high"])
        #expect(PermissionMode.allValueStrings == ["ask", "accept-edits", "plan", "bypass"])
    }

    @Test("defaults accepts the names of options and of fields")
    func acceptsBothNames() throws {
        #expect(Choices.names.map(ChoiceName.option).contains("queue-ttl"))
        #expect(try Choices.names.map { try ChoiceName.field(ChoiceName.option($0)) } == Choices.names)
        #expect(try ChoiceName.field("idle_timeout_s") == "idle_timeout_s")
        #expect(try ChoiceName.value("2h", of: "timeout_s") == .number(7200))
        #expect(try ChoiceName.value("high", of: "priority") == .string("high"))
        #expect(throws: (any Error).self) { try ChoiceName.value("long", of: "timeout_s") }
        let error = #expect(throws: (any Error).self) { try ChoiceName.field("colour") }
        #expect(error.map { Wegent.message(for: $0) }?.contains("queue-ttl") == true)
    }

    @Test(
        "Wrong use exits with 64",
        arguments: [
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
            // `up` checks these when it runs, since they may also come from the environment.
            if let up = command as? UpCommand { _ = try up.settings(.init(environment: ["HOME": "/h"])) }
        }
        #expect(error.map { Wegent.exitCode(for: $0) } == .validationFailure)
    }

    @Test("Labels are set and removed")
    func parsesLabels() throws {
        let patch = try LabelDevice.patch(["env=ci", "gpu-", "note=a=b", "empty="])
        #expect(patch == ["env": "ci", "gpu": nil, "note": "a=b", "empty": ""])
        #expect(LabelDevice.text(["gpu": "", "env": "ci"]) == "env=ci, gpu")
    }

    @Test("A task's choices are decoded from fields beside the others")
    func decodesFlatChoices() throws {
        let body = ScriptedGateway.task(#""state":"queued","queue_position":3,"priority":"high","timeout_s":90"#)
        let item = try GatewayClient.decoder.decode(TaskBody.self, from: [UInt8](body.utf8).data)
        #expect(item.view.choices == Choices(priority: .high, timeoutS: 90))
        #expect(TasksCommand.table([item], now: .now()).rows[0][1] == "queued (3, high)")
        var waiting = item
        (waiting.view.state, waiting.view.queuePosition, waiting.view.waitingFor) = (.running, nil, .approval)
        #expect(TasksCommand.table([waiting], now: .now()).rows[0][1] == "waiting for approval")
    }

    @Test("The table of defaults shows the source of each value")
    func defaultsTable() throws {
        let body = #"{"priority":"high","timeout_s":null,"effective":{"priority":"high","timeout_s":0,"grace_s":30}}"#
        let defaults = try GatewayClient.decoder.decode(DefaultsBody.self, from: [UInt8](body.utf8).data)
        let rows = DefaultsCommand.table(defaults).rows
        #expect(rows.contains(["priority", "high", "you"]) && rows.contains(["timeout", "none", "server"]))
        #expect(rows.contains(["grace", "30s", "server"]))
        #expect(rows.contains(["permission-mode", "set by the device", "device"]))
    }
}

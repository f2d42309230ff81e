import ArgumentParser
import Messages
import Testing

@testable import CLI

@Suite("Parsing of commands, and texts")
struct CommandTests {
    @Test("run parses its options")
    func parsesRun() throws {
        let run = try #require(
            try Wegent.parseAsRoot([
                "run", "--device", "box", "--agent", "shell", "--json", "--url", "http://x", "do it",
            ])
                as? RunCommand)
        #expect(run.place.device?.text == "box" && run.place.agent == "shell" && run.json && run.words == ["do it"])
        #expect(run.connection.url == "http://x")
    }

    @Test(
        "Wrong use exits with 64",
        arguments: [
            ["run", "--device", "a", "--cloud", "x"], ["run"], ["run", "--conversation", "1", "x"],
            ["run", "-c", "--conversation", ScriptedGateway.conversation, "x"],
            ["devices", "rename", "box", " "], ["devices", "rename", "box", "a\u{7}"],
            ["devices", "rename", "box", "\u{200b}"], ["conversations", "rename", "01a2038b", "a\nb"],
            ["token", "create", "--name", "\u{2028}"],
            ["tasks", "--limit", "0"],
            ["token", "create", "--days", "8"], ["token", "revoke", "x"], ["up", "--port", "70000"],
            ["up", "--json", "--first-task"], ["up", "--permission-mode", "yolo"], ["nonsense"],
        ])
    func refusesWrongUse(_ arguments: [String]) throws {
        let error = #expect(throws: (any Error).self) { try Wegent.parseAsRoot(arguments) }
        #expect(error.map { Wegent.exitCode(for: $0) } == .validationFailure)
    }

    @Test("Every command has help with an example")
    func helpHasExamples() {
        func visit(_ command: any ParsableCommand.Type, _ path: String, inGroup: Bool) {
            let configuration = command.configuration
            #expect(!configuration.abstract.isEmpty, "\(path)")
            if !inGroup { #expect(configuration.discussion.contains("Example"), "\(path)") }
            for child in configuration.subcommands {
                visit(child, "\(path) \(child._commandName)", inGroup: path != "wegent")
            }
        }
        visit(Wegent.self, "wegent", inGroup: false)
        #expect(Wegent.configuration.version == Product.version)
    }

    @Test("up takes flags first, then the environment, then defaults")
    func upSettings() throws {
        let plain = try #require(try Wegent.parseAsRoot(["up"]) as? UpCommand)
        let defaults = try plain.settings(.init(environment: ["HOME": "/h"]))
        #expect(defaults.host == "127.0.0.1" && defaults.port == 8787 && defaults.data == "/h/.local/share/wegent")
        #expect(defaults.executor?.home == "/h/.local/share/wegent/executor" && defaults.executor?.slots == 5)
        #expect(defaults.executor?.allowShell == false && defaults.approvalS == 600 && defaults.retentionDays == 0)
        let environment = ["HOME": "/h", "WEGENT_PORT": "1234", "WEGENT_DATA": "/d", "WEGENT_CLAUDE": "/c"]
        let named = try plain.settings(.init(environment: environment))
        #expect(named.port == 1234 && named.data == "/d" && named.executor?.claude == "/c")
        let flags = try #require(
            try Wegent.parseAsRoot([
                "up", "--port", "0", "--allow-dir", "/a", "--allow-dir", "/b", "--permission-mode", "accept-edits",
            ]) as? UpCommand)
        let given = try flags.settings(.init(environment: environment))
        #expect(given.port == 0 && given.executor?.allowDirs == ["/a", "/b"])
        #expect(given.executor?.permissionMode == .acceptEdits)
        let kept = ["HOME": "/h", "WEGENT_APPROVAL_S": "60", "WEGENT_RETENTION_DAYS": "0.5"]
        let times = try plain.settings(.init(environment: kept))
        #expect(times.approvalS == 60 && times.retentionDays == 0.5)
        #expect(throws: (any Error).self) { try plain.settings(.init(environment: ["WEGENT_PORT": "http"])) }
    }

    @Test("A problem document becomes one sentence")
    func problemDocument() {
        let body =
            #"{"type":"/errors/token_expired","title":"Unauthorized","status":401,"detail":"the token has expired.","code":"token_expired"}"#
        let error = GatewayError(status: 401, body: [UInt8](body.utf8), from: "http://x")
        #expect(error.code == .tokenExpired)
        #expect(error.description == "the token has expired (token_expired); log in again with `wegent login`")
        let proxy = GatewayError(status: 502, body: [UInt8]("<html>".utf8), from: "http://x")
        #expect(
            proxy.description
                == "http://x answered with HTTP status 502 and no error code; check that it is a Wegent gateway")
    }

    @Test("Tables of devices and tasks show labels, states and error codes")
    func tables() throws {
        var device = ReferenceTests.device("a1", "Box")
        device.isDefault = true
        let table = ListDevices.table([device], now: .now())
        #expect(table.rows == [["★", "Box", "online", "2/5", "shell", "now", "a1"]])
        device.labels = ["env": "ci", "gpu": ""]
        let labelled = ListDevices.table([device], now: .now())
        #expect(labelled.header[6] == "LABELS" && labelled.rows[0][6] == "env=ci, gpu")
        let task = TaskView(
            id: .generate(), state: .failed, target: .defaultDevice, conversation: .generate(), agent: "shell",
            prompt: "x", attempt: 1, error: Fault(.exitStatus, "no"), lastSeq: 3, createdAt: .now())
        #expect(
            TasksCommand.table([TaskBody(task)], now: .now()).rows[0][1...].joined(separator: "|")
                == "failed (exit_status)|now|default|shell|x")
    }

    @Test("The id of a token is read from its claims")
    func tokenID() {
        // {"alg":"none"} . {"jti":"019a2b3c-4d5e-7f60-8a1b-2c3d4e5f6071"} . signature
        let token = "eyJhbGciOiJub25lIn0.eyJqdGkiOiIwMTlhMmIzYy00ZDVlLTdmNjAtOGExYi0yYzNkNGU1ZjYwNzEifQ.x"
        #expect(TokenPayload.id(of: token)?.description == "019a2b3c-4d5e-7f60-8a1b-2c3d4e5f6071")
        #expect(TokenPayload.id(of: "no.jwt") == nil)
    }
}

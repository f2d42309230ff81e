import Foundation
import TestSupport
import Testing

/// Serialized, since each test starts a whole mesh.
@Suite("`wegent` as a process, against everything that `wegent up` starts", .serialized, .timeLimit(.minutes(2)))
struct WegentTests {
    let up: UpProcess

    init() async throws { up = try await UpProcess() }

    @Test("run exits with a code for the result, and reports errors")
    func exitCodes() async throws {
        let done = try await up.run(["run", "--agent", "shell", "echo one; echo two >&2"])
        #expect(done.status == .exited(0) && done.errors.isEmpty, "\(done)")
        #expect(done.output.contains("one\n") && done.output.contains("two\n"))
        #expect(!done.output.contains("\u{1b}"), "colours only on a terminal")
        let failed = try await up.run(["run", "--agent", "shell", "echo before; exit 7"])
        #expect(failed.status == .exited(1) && failed.output == "before\n")
        #expect(failed.errors.contains("failed: the command ended with status 7 (exit_status)"))
        let none = try await up.run(["run", "--device", "nowhere", "x"])
        #expect(none.status == .exited(1) && none.errors.contains("there is no device 'nowhere'; you have"))
        let empty = try await up.run(["run", "--agent", "shell", " "])
        #expect(empty.status == .exited(1) && empty.errors.contains("(prompt_empty)"), "\(empty.errors)")
        let missing = try await up.run(["run", "hello"], ["WEGENT_TOKEN": "nonsense"])
        #expect(missing.status == .exited(1) && missing.errors.contains("log in again"), "\(missing.errors)")
    }

    @Test("run reads the prompt from standard input and prints events as JSON")
    func promptFromInput() async throws {
        let run = try await up.run(["run", "--agent", "shell", "--json", "-"], input: "printf 'a\\nb'")
        #expect(run.status == .exited(0), "\(run.errors)")
        let events = try run.output.split(separator: "\n").map {
            try #require(try JSONSerialization.jsonObject(with: Data($0.utf8)) as? [String: Any])
        }
        #expect(events.map { $0["seq"] as? Int } == Array(1...events.count))
        let last = try #require(events.last)
        #expect(last["kind"] as? String == "state")
        #expect((last["data"] as? [String: Any])?["state"] as? String == "completed")
    }

    @Test("SIGINT cancels the task")
    func signalCancels() async throws {
        let run = try up.start(["run", "--agent", "shell", "echo started; sleep 300"])
        _ = try await run.stdout.line("the task's output") { $0 == "started" }
        run.signal(SIGINT)
        #expect(try await run.exit(within: .seconds(20)) == .exited(130))
        #expect(run.stderr.text.contains("was cancelled"), "\(run.stderr.text)")
        let tasks = try await up.run(["tasks"])
        #expect(tasks.output.contains("cancelled"), "\(tasks.output)")
    }

    @Test("tasks, devices and logs show a task that has run")
    func listsAndLogs() async throws {
        _ = try await up.run(["run", "--agent", "shell", "echo remember"])
        let devices = try await up.run(["devices"])
        #expect(devices.output.contains("★") && devices.output.contains("0/5"), "\(devices.output)")
        let json = try await up.run(["devices", "--json"])
        #expect(json.output.contains(#""is_default":true"#), "\(json.output)")
        let tasks = try await up.run(["tasks", "--json"])
        let list = try JSONSerialization.jsonObject(with: Data(tasks.output.utf8)) as? [String: Any]
        let id = try #require((list?["items"] as? [[String: Any]])?.first?["id"] as? String)
        for arguments in [["logs", id], ["logs", "-f", id], ["logs", String(id.prefix(23))]] {
            let logs = try await up.run(arguments)
            #expect(logs.status == .exited(0) && logs.output == "remember\n", "\(logs)")
            #expect(logs.errors.contains("completed"))
        }
        let late = try await up.run(["cancel", id])
        #expect(late.status == .exited(0) || late.errors.contains("("), "\(late)")
        let wrong = try await up.run(["logs", "xyz"])
        #expect(wrong.status == .exited(64) && wrong.errors.contains("neither a task id"), "\(wrong)")
    }

    @Test("A device is starred and unstarred")
    func starsDevice() async throws {
        let json = try await up.run(["devices", "--json"])
        let list = try JSONSerialization.jsonObject(with: Data(json.output.utf8)) as? [String: Any]
        let name = try #require((list?["items"] as? [[String: Any]])?.first?["name"] as? String)
        #expect(try await up.run(["devices", "unstar", name]).status == .exited(0))
        let refused = try await up.run(["run", "--agent", "shell", "echo x"])
        #expect(refused.status == .exited(1) && refused.errors.contains("(target_required)"), "\(refused)")
        #expect(try await up.run(["run", "--device", name, "--agent", "shell", "echo x"]).status == .exited(0))
        #expect(try await up.run(["devices", "star", name]).status == .exited(0))
        #expect(try await up.run(["run", "--agent", "shell", "echo x"]).status == .exited(0))
    }

    @Test("login saves a token and logout revokes it")
    func logsInAndOut() async throws {
        let plain = ["WEGENT_BACKEND_URL": "", "WEGENT_TOKEN": "", "XDG_CONFIG_HOME": up.folder.file("config")]
        let before = try await up.run(["devices"], plain)
        #expect(before.status == .exited(1) && before.errors.contains("not logged in"))
        let wrong = try await up.run(
            ["login", "--url", up.url, "--user", "admin"], plain.merging(["WEGENT_PASSWORD": "no"]) { $1 })
        #expect(wrong.status == .exited(1) && wrong.errors.contains("(login_failed)"), "\(wrong.errors)")
        let login = try await up.run(["login", "--url", up.url, "--user", "admin"], input: up.password + "\n", plain)
        #expect(login.status == .exited(0) && login.errors.contains("expires in 7 days"), "\(login.errors)")
        #expect(try await up.run(["devices"], plain).status == .exited(0))
        let logout = try await up.run(["logout"], plain)
        #expect(logout.errors.contains("the token is revoked"), "\(logout.errors)")
        #expect(try await up.run(["devices"], plain).status == .exited(1))
    }

    @Test("A token is created, listed and revoked")
    func managesTokens() async throws {
        let created = try await up.run(["token", "create", "--name", "for a test"])
        let token = created.output.trimmingCharacters(in: .whitespacesAndNewlines)
        #expect(try await up.run(["devices"], ["WEGENT_TOKEN": token]).status == .exited(0), "\(created)")
        let list = try await up.run(["token", "list"])
        let line = try #require(list.output.split(separator: "\n").first { $0.contains("for a test") })
        let id = String(line.prefix(36))
        #expect(try await up.run(["token", "revoke", id]).status == .exited(0))
        let revoked = try await up.run(["devices"], ["WEGENT_TOKEN": token])
        #expect(revoked.status == .exited(1) && revoked.errors.contains("(token_revoked)"), "\(revoked.errors)")
    }
}

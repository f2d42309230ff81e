import Foundation
import TestSupport
import Testing

@Suite("`wegent up` as a process", .serialized, .timeLimit(.minutes(2)))
struct UpTests {
    @Test("Keeps its user over a restart, and stops within 5 s")
    func keepsUser() async throws {
        let first = try await UpProcess()
        let kept = first.folder.file("data/first-user.json")
        let attributes = try FileManager.default.attributesOfItem(atPath: kept)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try await first.process.stop(within: .seconds(5)) == .exited(0))
        #expect(first.process.stdout.lines.count == 1)
        let second = try await UpProcess(in: first.folder)
        #expect(second.password == first.password && second.token != first.token)
        second.process.signal(SIGINT)
        #expect(try await second.process.exit(within: .seconds(5)) == .exited(0))
    }

    @Test("Refuses a data directory or port in use")
    func refusesBusyResources() async throws {
        let up = try await UpProcess()
        let same = try await up.run(["up", "--port", "0", "--data", up.folder.file("data")])
        #expect(same.status == .exited(1))
        #expect(same.errors.contains("in use by another wegent-up (process \(up.process.pid))"), "\(same.errors)")
        let port = try #require(up.url.split(separator: ":").last.map(String.init))
        let busy = try await up.run(["up", "--port", port, "--data", up.folder.file("other")])
        #expect(busy.status == .exited(1))
        #expect(busy.errors.contains("port \(port) of 127.0.0.1 is in use; choose another one"), "\(busy.errors)")
    }

    @Test("With --no-executor there is no device")
    func noExecutor() async throws {
        let up = try await UpProcess(["--no-executor"])
        let devices = try await up.run(["devices"])
        #expect(devices.output.isEmpty && devices.errors.contains("no devices yet"), "\(devices)")
    }

    @Test("Shows a first task, and other commands need no login")
    func firstTask() async throws {
        let folder = try TemporaryDirectory()
        let environment = ["HOME": folder.path, "WEGENT_CLAUDE": "/nonexistent/claude", "WEGENT_PORT": "0"]
        let up = try ChildProcess(
            Binaries.wegent, ["up", "--allow-shell", "--first-task"], environment: environment)
        _ = try await up.stdout.line("the end of the summary") { $0.contains("Ctrl-C stops everything") }
        let text = up.stdout.text
        #expect(text.contains("A first task on this machine (shell)") && text.contains("(3 of 3)"), "\(text)")
        #expect(text.contains("is up at http://127.0.0.1:") && !text.contains("\u{1b}"), "\(text)")
        // Address and token were saved, so another command needs neither.
        let run = try ChildProcess(
            Binaries.wegent, ["run", "--agent", "shell", "echo just works"], environment: ["HOME": folder.path])
        #expect(try await run.exit() == .exited(0), "\(run.stderr.text)")
        #expect(run.stdout.lines == ["just works"])
        #expect(try await up.stop() == .exited(0))
    }
}

import Foundation
import TestClient
import TestCluster
import TestSupport
import Testing

extension Integration {
    /// `wegent up`: all services in one process, for one user on one machine.
    @Suite("wegent up")
    struct UpTests {
        @Test("wegent up prints one line, makes this machine the default device and runs a task")
        func up() async throws {
            let directory = try TemporaryDirectory()
            let environment = ["HOME": directory.path, "WEGENT_CLAUDE": Binaries.claude ?? "/nonexistent/claude"]
            let arguments = ["up", "--json", "--data", directory.file("data"), "--port", "0", "--allow-shell"]
            var password: String?
            // The second start has the same user, device and default.
            for _ in 1...2 {
                let up = try await RunningService.start(Binaries.wegent, arguments, environment: environment)
                let ready = up.ready
                #expect(ready.keys == ["url", "user", "password", "token"], "\(ready)")
                let url = try #require(ready["url"].string)
                let api = API(url, token: ready["token"].string)
                password = ready["password"].string ?? password
                let login = try await api.login(
                    try #require(ready["user"].string), try #require(password))
                #expect(try await login.devices().count == 1)
                let device = try #require(try await api.devices().first)
                #expect(device["status"].string == "online" && device["is_default"].bool == true, "\(device)")
                let task = try await api.submit("echo from $((40+2))")
                let ended = try await api.end(of: try #require(task["id"].string))
                #expect(ended.state == "completed" && ended.text == "from 42\n", "\(ended.events)")

                let run = try ChildProcess(
                    Binaries.wegent, ["run", "--agent", "shell", "echo by command"],
                    environment: [
                        "HOME": directory.path, "WEGENT_BACKEND_URL": url, "WEGENT_TOKEN": ready["token"].string ?? "",
                    ])
                #expect(try await run.exit() == .exited(0), "\(run.stderr.text)")
                #expect(run.stdout.text.contains("by command"))
                try await up.stop()
                #expect(up.process.stdout.lines.count == 1, "\(up.process.stdout.text)")
                await api.shutdown()
            }
        }
    }
}

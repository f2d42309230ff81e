import Foundation
import TestClient
import TestCluster
import TestSupport
import Testing

extension Integration {
    /// `wegent up`: everything in one process, for one person on one machine.
    struct UpTests {
        @Test func `It says one line, has this machine online and starred, and runs a task`() async throws {
            let directory = try TemporaryDirectory()
            let environment = ["HOME": directory.path, "WEGENT_CLAUDE": Binaries.claude ?? "/nonexistent/claude"]
            let arguments = ["up", "--json", "--data", directory.file("data"), "--port", "0", "--allow-shell"]
            var password: String?
            // The second time the same user, device and star are there.
            for _ in 1...2 {
                let up = try await Service.start(Binaries.wegent, arguments, environment: environment)
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
                    Binaries.wegent, ["run", "--agent", "shell", "echo by hand"],
                    environment: [
                        "HOME": directory.path, "WEGENT_BACKEND_URL": url, "WEGENT_TOKEN": ready["token"].string ?? "",
                    ])
                #expect(try await run.exit() == .exited(0), "\(run.stderr.text)")
                #expect(run.stdout.text.contains("by hand"))
                try await up.stop()
                #expect(up.process.stdout.lines.count == 1, "\(up.process.stdout.text)")
                await api.shutdown()
            }
        }
    }
}

import Foundation
import TestSupport
import Testing

@Suite("wegent-registry", .timeLimit(.minutes(2)))
struct RegistryProgramTests {
    private func start(_ folder: TemporaryDirectory, _ more: [String] = []) throws -> ChildProcess {
        try ChildProcess(
            Binaries.registry,
            ["--insecure-mesh", "--bind", "tcp://127.0.0.1:0", "--data", folder.file("data")] + more)
    }

    @Test("It prints its endpoint when it serves, and stops cleanly", arguments: [SIGTERM, SIGINT])
    func runs(_ number: Int32) async throws {
        let folder = try TemporaryDirectory()
        let registry = try start(folder, ["--log-format", "json"])
        let line = try await registry.stdout.line()
        #expect(line.wholeMatch(of: #/\{"endpoint":"tcp://127\.0\.0\.1:\d+"\}/#) != nil)
        #expect(!line.hasSuffix(":0\"}"))
        let ready = try await registry.stderr.line(where: { $0.contains("\"message\":\"ready\"") })
        #expect(ready.hasPrefix("{\"time\":\"") && ready.contains("\"endpoint\":\"tcp://"))
        registry.signal(number)
        #expect(try await registry.exit(within: .seconds(10)) == .exited(0))
        #expect(registry.stdout.lines == [line])
    }

    @Test("tcp without keys ends the start with the reason; --insecure-mesh allows it on loopback and warns")
    func plain() async throws {
        let folder = try TemporaryDirectory()
        for (endpoint, flags) in [("tcp://127.0.0.1:0", []), ("tcp://0.0.0.0:0", ["--insecure-mesh"])] {
            let refused = try ChildProcess(
                Binaries.registry, ["--bind", endpoint, "--data", folder.file("data")] + flags)
            #expect(try await refused.exit() == .exited(78))
            #expect(refused.stderr.text.contains("\(endpoint) ") && refused.stderr.text.contains("--mesh-key"))
        }
        let registry = try start(folder)
        _ = try await registry.stdout.line()
        #expect(registry.stderr.text.contains("every user of this machine may read and command all of it"))
        try await registry.stop()
    }

    @Test("Without --bind it listens on a socket in a directory of its user")
    func standard() async throws {
        let folder = try TemporaryDirectory()
        let registry = try ChildProcess(
            Binaries.registry, ["--data", folder.file("data")], environment: ["XDG_RUNTIME_DIR": folder.path])
        #expect(try await registry.stdout.line() == #"{"endpoint":"ipc://\#(folder.path)/wegent/registry"}"#)
        try await registry.stop()
    }

    @Test("keygen writes a pair of keys that only its user may read, and replaces none")
    func keygen() async throws {
        let folder = try TemporaryDirectory()
        func keygen(_ name: String, _ role: String) async throws -> ChildProcess {
            let process = try ChildProcess(
                Binaries.registry, ["keygen", folder.file("keys"), "--name", name, "--role", role])
            _ = try await process.exit()
            return process
        }
        let made = try await keygen("gateway-1", "gateway")
        #expect(made.stdout.lines == [folder.file("keys/gateway-1.key"), folder.file("keys/gateway-1.pub")])
        let mode = try FileManager.default.attributesOfItem(atPath: folder.file("keys/gateway-1.key"))[
            .posixPermissions]
        #expect((mode as? NSNumber)?.intValue == 0o600)
        let line = try String(contentsOfFile: folder.file("keys/gateway-1.pub"), encoding: .utf8)
        #expect(line.hasSuffix(" gateway gateway-1\n") && line.split(separator: " ")[0].count == 40)
        for (name, role, reason) in [
            ("gateway-1", "gateway", "exists"), ("x", "emperor", "no role"), ("../x", "gateway", "a name has"),
        ] {
            let refused = try await keygen(name, role)
            #expect(try await refused.exit() == .exited(1))
            #expect(refused.stderr.text.contains(reason), "\(refused.stderr.text)")
        }
    }

    @Test("A failed start prints one sentence and exits with a code")
    func refuses() async throws {
        let folder = try TemporaryDirectory()
        let first = try start(folder)
        _ = try await first.stdout.line()
        let second = try start(folder)
        #expect(try await second.exit() == .exited(1))
        #expect(second.stderr.lines.count == 2, "the warning about the mesh, and the error")
        #expect(second.stderr.text.contains("wegent-registry: error: \(folder.path)/data is in use by another"))
        let wrong = try start(folder, ["--log-level", "loud"])
        #expect(try await wrong.exit() == .exited(64))
        try await first.stop()
    }
}

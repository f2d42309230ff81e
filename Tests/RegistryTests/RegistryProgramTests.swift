import Foundation
import TestSupport
import Testing

@Suite("wegent-registry", .timeLimit(.minutes(2)))
struct RegistryProgramTests {
    private func start(_ folder: TemporaryDirectory, _ more: [String] = []) throws -> ChildProcess {
        try ChildProcess(
            Binaries.registry, ["--bind", "tcp://127.0.0.1:0", "--data", folder.file("data")] + more)
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

    @Test("A failed start prints one sentence and exits with a code")
    func refuses() async throws {
        let folder = try TemporaryDirectory()
        let first = try start(folder)
        _ = try await first.stdout.line()
        let second = try start(folder)
        #expect(try await second.exit() == .exited(1))
        #expect(second.stderr.lines.count == 1)
        #expect(second.stderr.text.hasPrefix("wegent-registry: error: \(folder.path)/data is in use by another"))
        let wrong = try start(folder, ["--log-level", "loud"])
        #expect(try await wrong.exit() == .exited(64))
        try await first.stop()
    }
}

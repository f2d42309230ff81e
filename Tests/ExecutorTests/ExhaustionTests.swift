import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

@Suite("An executor without descriptors or processes")
struct ExhaustionTests {
    /// Assigns several tasks at once, and returns their verdicts.
    private func verdicts(_ executor: ExecutorProcess, _ count: Int, _ command: String) async throws -> [TaskFinished] {
        let tasks = try (0..<count).map { _ in try executor.assign(command) }
        var verdicts: [TaskFinished] = []
        for task in tasks { verdicts.append(try await executor.verdict(task)) }
        return verdicts
    }

    @Test("Out of descriptors, tasks fail with that reason, and later ones run", arguments: [64, 90])
    func outOfDescriptors(_ limit: Int) async throws {
        let executor = try await ExecutorProcess.start(
            ["--drain-s", "0", "--slots", "40"], after: "ulimit -n \(limit); ")
        let go = executor.folder.file("go")
        let tasks = try (0..<30).map { _ in
            try executor.assign("while [ ! -e \(go) ]; do sleep 0.1; done; echo done")
        }
        let failed = try await eventually("a task that fails") {
            try executor.connection.all(TaskFinished.self).first { $0.state == .failed }
        }
        #expect(failed.error?.code == .spawnFailed)
        #expect(failed.error?.message.contains("out of file descriptors") == true, "\(failed)")
        try executor.folder.write("", to: "go")
        for task in tasks {
            let verdict = try await executor.verdict(task)
            #expect(verdict.state == .completed || verdict.error?.code == .spawnFailed, "\(verdict)")
        }
        for verdict in try await verdicts(executor, 3, "true") { #expect(verdict.state == .completed, "\(verdict)") }
        #expect(executor.process.ended == nil)
        try await executor.process.stop(within: .seconds(30))
        await executor.gateway.stop()
    }

    @Test(
        "Out of processes, tasks fail with that reason, and later ones run",
        .enabled(if: getuid() == 0, "needs root, to become another user with a limit of its own"),
        arguments: [(user: 61_234, spare: 40), (user: 61_235, spare: 80)])
    func outOfProcesses(user: Int, spare: Int) async throws {
        let folder = try TemporaryDirectory()
        try FileManager.default.setAttributes([.posixPermissions: 0o777], ofItemAtPath: folder.path)
        // Everything that the user runs counts, the executor's threads too.
        let executor = try await ExecutorProcess.start(
            ["--drain-s", "0", "--slots", "40"], folder: folder, after: "ulimit -u \(spare); ",
            through: ["setpriv", "--reuid", "\(user)", "--regid", "\(user)", "--clear-groups"])
        try folder.write(
            """
            import os, time
            for number in range(1000):
                try:
                    if os.fork() == 0: break
                except OSError: break
            time.sleep(600)
            """, to: "bomb.py")
        let bomb = try executor.assign("exec python3 \(folder.file("bomb.py"))")
        let failed = try await eventually("a task that fails for want of processes", within: .seconds(120)) {
            let task = try executor.assign("true")
            let verdict = try await executor.verdict(task)
            return verdict.state == .failed && verdict.error?.code == .spawnFailed ? verdict : nil
        }
        #expect(failed.error?.message.contains("limit of processes") == true, "\(failed)")
        try executor.stop(bomb)
        #expect(try await executor.verdict(bomb).state == .cancelled)
        for verdict in try await verdicts(executor, 3, "true") { #expect(verdict.state == .completed, "\(verdict)") }
        #expect(executor.process.ended == nil)
        try await executor.process.stop(within: .seconds(30))
        await executor.gateway.stop()
    }
}

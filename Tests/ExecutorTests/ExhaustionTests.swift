import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

@Suite("An executor without descriptors or processes", .serialized)
struct ExhaustionTests {
    /// Returns how a task has ended: nil = it has completed, else why it has failed or was rejected.
    private func end(_ task: TaskID, _ executor: ExecutorProcess) async throws -> Fault? {
        try await eventually("the end of a task") { () -> Fault?? in
            if let rejected = try executor.connection.all(TaskRejected.self).first(where: { $0.task == task }) {
                return .some(rejected.fault)
            }
            guard let verdict = try executor.connection.all(TaskFinished.self).first(where: { $0.task == task }) else {
                return nil
            }
            return .some(verdict.error)
        }
    }

    /// Runs tasks one after the other, until one completes: what was used up may take a moment to be free.
    private func recovers(_ executor: ExecutorProcess) async throws {
        try await eventually("a task that completes") { try await end(executor.assign("true"), executor) == nil }
        for _ in 0..<3 { #expect(try await end(executor.assign("true"), executor) == nil) }
        #expect(executor.process.ended == nil)
        try await executor.process.stop(within: .seconds(30))
        await executor.gateway.stop()
    }

    @Test("Out of descriptors, tasks fail with that reason, and later ones run", arguments: [64, 90])
    func outOfDescriptors(_ limit: Int) async throws {
        let executor = try await ExecutorProcess.start(
            ["--drain-s", "0", "--slots", "40"], after: "ulimit -n \(limit); ")
        let go = executor.folder.file("go")
        let tasks = try (0..<30).map { _ in try executor.assign("while [ ! -e \(go) ]; do sleep 0.1; done") }
        let refused = try await eventually("a task that is refused") {
            try executor.connection.all(TaskRejected.self).first?.fault
        }
        #expect(refused.code == .spawnFailed)
        #expect(refused.message.contains("out of file descriptors"), "\(refused)")
        try executor.folder.write("", to: "go")
        for task in tasks {
            let fault = try await end(task, executor)
            #expect(fault == nil || fault?.code == .spawnFailed, "\(fault!)")
        }
        try await recovers(executor)
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
            ["--drain-s", "0", "--slots", "40"], folder: folder,
            through: [
                "prlimit", "--nproc=\(spare)", "setpriv", "--reuid", "\(user)", "--regid", "\(user)", "--clear-groups",
            ])
        try folder.write(
            """
            import os, time
            # Takes every process that becomes free, until its parent has gone.
            parent = os.getppid()
            while os.getppid() == parent:
                try:
                    if os.fork() == 0: break
                except OSError: time.sleep(0.01)
            parent = os.getppid()
            while os.getppid() == parent: time.sleep(0.2)
            """, to: "bomb.py")
        let bomb = try executor.assign("exec python3 \(folder.file("bomb.py"))")
        // Tasks that start before it has taken everything leave room for others.
        let refused = try await eventually("a task that is refused", within: .seconds(120)) { () -> Fault? in
            let tasks = try (0..<8).map { _ in try executor.assign("exec sleep 1") }
            var faults: [Fault] = []
            for task in tasks { if let fault = try await end(task, executor) { faults.append(fault) } }
            return faults.first { $0.code == .spawnFailed }
        }
        #expect(refused.message.contains("limit of processes"), "\(refused)")
        try executor.stop(bomb)
        _ = try await end(bomb, executor)
        try await recovers(executor)
    }
}

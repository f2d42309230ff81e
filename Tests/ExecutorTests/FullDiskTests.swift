import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

/// A disk that takes nothing more: what was kept before is said, and nothing that has a hole is called complete.
struct FullDiskTests {
    private func attempt(stop: RunningAttempt.Stop? = nil) -> RunningAttempt {
        RunningAttempt(conversation: .generate(), lease: 0, stop: stop)
    }

    private let completed = Outcome(state: .completed, fault: nil, exitCode: 0)

    @Test func `After something was lost nothing more is taken`() {
        var attempt = attempt(stop: .lease)
        let bound = 1 << 20
        let most = bound + ExecutorLimits.spoolAfterStop
        let taken = [most - 1, most, 0].map { attempt.takes(unacked: $0, bound: bound) }
        #expect(taken == [true, false, false])
        #expect(attempt.isCut)
    }

    @Test(arguments: [
        (RunningAttempt.Stop.requested(discard: false), TaskState.cancelled, nil as ErrorCode?),
        (.lease, .failed, .storageFailed), (.shutdown, .failed, .storageFailed),
        (.storage("full"), .failed, .storageFailed),
    ])
    func `What has lost output is not completed`(stop: RunningAttempt.Stop, state: TaskState, code: ErrorCode?) {
        var attempt = attempt(stop: stop)
        #expect(attempt.judge(completed, on: "box") == completed)
        attempt.isCut = true
        let outcome = attempt.judge(completed, on: "box")
        #expect(outcome.state == state)
        #expect(outcome.fault?.code == code)
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "needs /dev/full"))
    func `A start on a full disk ends what was left, and says so when it can be said`() async throws {
        let folder = try TemporaryDirectory()
        let spool = try folder.folder("home/spool")
        let task = TaskID.generate()
        try FileManager.default.createSymbolicLink(atPath: "\(spool)/\(task).1", withDestinationPath: "/dev/full")
        let device = try await DeviceUnderTest.start(folder: folder) { $0.times.keeping = 0 }
        let verdict = try await device.verdict(task)
        #expect(verdict.error?.code == .executorRestarted)
        #expect(verdict.attemptSeq == 1)
        try device.connection.send(EventsAck(acks: [AttemptAck(task: task, attempt: 1, seq: 1)]))
        try await eventually("the file is gone") { try FileManager.default.contentsOfDirectory(atPath: spool) == [] }
        await device.stop()
    }

    @Test(.enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/prlimit"), "needs prlimit(1)"))
    func `A disk that was full for a while costs what came meanwhile, and nothing before`() async throws {
        let device = try await ExecutorProcess.start(["--drain-s", "0"], acks: false, ignoring: "XFSZ")
        let go = device.folder.file("go")
        let task = try device.assign(
            "echo one; while [ ! -e \(go) ]; do sleep 0.02; done; for i in 2 3 4; do echo $i; sleep 0.1; done")
        func events() throws -> [Event] { try device.connection.all(EventsAppend.self).flatMap(\.batch.events) }
        try await eventually("the first line") { try events().count == 1 }
        try await limit("1", device)
        try device.folder.write("", to: "go")
        let log = device.process.stderr
        try await eventually("the verdict waits") { log.text.contains("which is tried again") }
        #expect(try device.connection.all(TaskFinished.self).isEmpty)
        try await limit("unlimited", device)
        let verdict = try await device.verdict(task)
        #expect(verdict.error?.code == .storageFailed)
        #expect(verdict.attemptSeq == 2)
        #expect(try events().map(\.attemptSeq) == [1])
        try await device.process.stop(within: .seconds(30))
        await device.gateway.stop()
    }

    /// How large the executor's files may become.
    private func limit(_ bytes: String, _ device: ExecutorProcess) async throws {
        let change = try ChildProcess("/usr/bin/prlimit", ["--pid", "\(device.process.pid)", "--fsize=\(bytes):"])
        #expect(try await change.exit() == .exited(0), "\(change.stderr.text)")
    }
}

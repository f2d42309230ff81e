import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

@Suite("A full disk")
struct FullDiskTests {
    @Test(
        "A start on a full disk ends previous attempts and sends their verdicts",
        .enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "needs /dev/full"))
    func startsOnFullDisk() async throws {
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

    @Test(
        "A disk that is full for a while costs the output of that time, and nothing before",
        .enabled(if: FileManager.default.fileExists(atPath: "/usr/bin/prlimit"), "needs prlimit(1)"))
    func survivesFullDisk() async throws {
        let device = try await ExecutorProcess.start(["--drain-s", "0"], acks: false, ignoring: "XFSZ")
        let go = device.folder.file("go")
        let task = try device.assign(
            "echo one; while [ ! -e \(go) ]; do sleep 0.02; done; for i in 2 3 4; do echo $i; sleep 0.1; done")
        func events() throws -> [Event] { try device.connection.all(EventsAppend.self).flatMap(\.batch.events) }
        try await eventually("the first line") { try events().count == 1 }
        try await limit("1", device)
        try device.folder.write("", to: "go")
        let log = device.process.stderr
        try await eventually("the verdict waits") { log.text.contains("a verdict could not be stored") }
        #expect(try device.connection.all(TaskFinished.self).isEmpty)
        try await limit("unlimited", device)
        let verdict = try await device.verdict(task)
        #expect(verdict.error?.code == .storageFailed)
        #expect(verdict.attemptSeq == 2)
        #expect(try events().map(\.attemptSeq) == [1])
        try await device.process.stop(within: .seconds(30))
        await device.gateway.stop()
    }

    /// Limits the size of the executor's files.
    private func limit(_ bytes: String, _ device: ExecutorProcess) async throws {
        let change = try ChildProcess("/usr/bin/prlimit", ["--pid", "\(device.process.pid)", "--fsize=\(bytes):"])
        #expect(try await change.exit() == .exited(0), "\(change.stderr.text)")
    }
}

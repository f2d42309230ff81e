import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

@Suite("Stale epochs, replaced attempts and leases")
struct FencingTests {
    @Test("The highest epoch is kept over a restart")
    func keepsEpoch() async throws {
        let folder = try TemporaryDirectory()
        let first = try await DeviceUnderTest.start(folder: folder)
        first.ackEverything(on: first.connection)
        let done = try first.assign("true", epoch: 7)
        _ = try await first.verdict(done)
        await first.server.stop()
        #expect(try String(contentsOfFile: folder.file("home/epoch"), encoding: .utf8).hasPrefix("7\n"))

        let second = try await DeviceUnderTest.start(gateway: first.gateway, folder: folder)
        // The dispatcher that is up has epoch 1, which is stale: nothing is reported to it.
        let file = folder.file("ran")
        try second.assign("touch \(file)", epoch: 6)
        try second.connection.send(LinkState(up: true, leader: .generate(), epoch: 8))
        let task = try second.assign("true", epoch: 8)
        _ = try await second.verdict(task)
        #expect(!FileManager.default.fileExists(atPath: file))
        #expect(try second.connection.all(TaskStarted.self).allSatisfy { $0.task == task })
        await second.stop()
    }

    @Test("The dispatcher of another backend is obeyed, whatever epoch the last backend had")
    func obeysOtherBackend() async throws {
        let folder = try TemporaryDirectory()
        let first = try await DeviceUnderTest.start(folder: folder)
        first.ackEverything(on: first.connection)
        _ = try await first.verdict(first.assign("true", epoch: 7))
        await first.stop()
        let second = try await DeviceUnderTest.start(folder: folder)
        _ = try await second.verdict(second.assign("true", epoch: 1))
        await second.stop()
    }

    @Test("A replaced attempt is refused")
    func refusesReplacedAttempt() async throws {
        let device = try await DeviceUnderTest.start()
        let task = try device.assign("sleep 600", attempt: 2)
        try await eventually("the start") { try !device.connection.all(TaskStarted.self).isEmpty }
        try device.assign("true", task: task, attempt: 1)
        let fault = try await device.refusal(task)
        #expect(fault.code == .staleSession)
        #expect(fault.message.contains("attempt 2"))
        await device.stop()
    }

    @Test("A link that is cut and stays away ends the leased attempt with all its processes")
    func cutLinkEndsLease() async throws {
        let device = try await DeviceUnderTest.start { $0.times.backoff = 60...60 }
        let pids = device.folder.file("pids")
        let task = try device.assign(
            "echo $$ >> \(pids); setsid sh -c 'echo $$ >> \(pids); exec sleep 600' & sleep 600", lease: 1)
        let tree = try await eventually("the processes") {
            let found = try String(contentsOfFile: pids, encoding: .utf8).split(separator: "\n").compactMap {
                Int32($0)
            }
            return found.count == 2 ? found : nil
        }
        device.connection.cut()
        let id = AttemptID(task: task, attempt: 1)
        let verdict = try await eventually("the verdict is kept") {
            try Self.verdict(in: device.spool + "/" + AttemptOutbox.fileName(id))
        }
        #expect(verdict.error?.code == .deviceDisconnected)
        #expect(tree.filter(ProcessTable.isAlive) == [])
        await device.stop()
    }

    @Test("A frozen server counts as silent, though the link is still up")
    func frozenServerIsSilent() async throws {
        let device = try await DeviceUnderTest.start { $0.times.silence = 600 }
        let task = try device.assign("echo up; sleep 600", lease: 6)
        let other = try device.assign("echo up; sleep 600")
        try await eventually("both run") { try device.connection.all(TaskStarted.self).count == 2 }
        // While the server answers pings, it counts as heard.
        try await eventually("three pings") { device.connection.pings >= 3 }
        let file = device.spool + "/" + AttemptOutbox.fileName(AttemptID(task: task, attempt: 1))
        #expect(try Self.verdict(in: file) == nil)
        device.connection.pause(true)
        let verdict = try await eventually("the verdict is kept") { try Self.verdict(in: file) }
        #expect(verdict.error?.code == .deviceDisconnected)
        #expect(device.connection.isOpen)
        device.connection.pause(false)
        try await eventually("the other one still runs") {
            try device.connection.all(DeviceReport.self).last?.attempts.contains { $0.task == other && !$0.ended }
                == true
        }
        await device.stop()
    }

    /// Returns the verdict in a spool file; nil while there is none.
    private static func verdict(in path: String) throws -> TaskFinished? {
        var found: TaskFinished?
        _ = try Spool.open(path) { event in
            if event.kind == Spool.finish { found = try? Wire.decode(TaskFinished.self, from: event.payload) }
        }
        return found
    }
}

import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

@Suite("The stop of an executor")
struct DrainTests {
    @Test("Running tasks go on while new ones are refused, and then the executor hangs up")
    func drains() async throws {
        let device = try await DeviceUnderTest.start { $0.times.drain = 600 }
        let connection = device.connection
        device.ackEverything(on: connection)
        let go = device.folder.file("go")
        let task = try device.assign("echo up; while [ ! -e \(go) ]; do sleep 0.02; done; echo done")
        try await eventually("it runs") { try !connection.all(EventsAppend.self).isEmpty }
        let stopped = Task { await device.server.stop() }
        try await eventually("the report says so") { try connection.all(DeviceReport.self).last?.draining == true }
        #expect(try await device.refusal(device.assign("true")).code == .draining)
        #expect(try connection.all(TaskFinished.self).isEmpty)
        try device.folder.write("", to: "go")
        #expect(try await device.verdict(task).state == .completed)
        await stopped.value
        try await eventually("it has hung up") { !connection.isOpen }
        #expect(try FileManager.default.contentsOfDirectory(atPath: device.spool) == [])
        await device.stop()
    }

    @Test("A task that still runs at the end of the drain is stopped")
    func drainEnds() async throws {
        let device = try await DeviceUnderTest.start {
            $0.times.drain = 0.3
            // A stop waits for 6 s more, then leaves the verdict to the next run; a busy machine may need longer.
            $0.times.stopGrace = 30
        }
        device.ackEverything(on: device.connection)
        let task = try device.assign("echo up; sleep 600")
        try await eventually("it runs") { try !device.connection.all(EventsAppend.self).isEmpty }
        let start = ContinuousClock.now
        await device.server.stop()
        #expect(ContinuousClock.now - start >= .milliseconds(300))
        #expect(try await device.verdict(task).error?.code == .executorRestarted)
        await device.stop()
    }

    @Test("A second stop waits for the first")
    func secondStopWaits() async throws {
        let device = try await DeviceUnderTest.start { $0.times.drain = 600 }
        let connection = device.connection
        device.ackEverything(on: connection)
        let task = try device.assign("while [ ! -e \(device.folder.file("go")) ]; do sleep 0.02; done")
        try await eventually("it runs") { try !connection.all(TaskStarted.self).isEmpty }
        async let first: Void = device.server.stop()
        try await eventually("it drains") { try connection.all(DeviceReport.self).last?.draining == true }
        async let second: Void = device.server.stop()
        try device.folder.write("", to: "go")
        _ = await (first, second)
        #expect(try await device.verdict(task).state == .completed)
        await device.stop()
    }

    @Test("A signal drains the process, which logs what it waits for and exits with 0")
    func signalDrains() async throws {
        let executor = try await ExecutorProcess.start(["--drain-s", "600"])
        let task = try executor.assign(
            "echo $$ >> \(executor.folder.file("pids")); while [ ! -e \(executor.folder.file("go")) ]; do sleep 0.02; done"
        )
        _ = try await executor.pids("pids", count: 1)
        executor.process.signal(SIGTERM)
        try await eventually("the log entry") { executor.process.stderr.text.contains("a second signal ends them") }
        try await eventually("it drains") { try executor.connection.all(DeviceReport.self).last?.draining == true }
        #expect(executor.process.ended == nil)
        try executor.folder.write("", to: "go")
        #expect(try await executor.process.exit() == .exited(0))
        #expect(try await executor.verdict(task).state == .completed)
        await executor.gateway.stop()
    }

    @Test("A second signal ends the process at once, and no child outlives it")
    func secondSignalEndsChildren() async throws {
        let executor = try await ExecutorProcess.start(["--drain-s", "600"])
        let pids = executor.folder.file("pids")
        try executor.assign(
            """
            trap '' TERM; echo $$ >> \(pids); (trap '' TERM; exec sleep 600) & echo $! >> \(pids)
            setsid sh -c 'trap "" TERM; echo $$ >> \(pids); sleep 600' & sleep 600
            """)
        let children = try await executor.pids("pids", count: 3)
        #expect(children.allSatisfy(ProcessTable.isAlive))
        executor.process.signal(SIGINT)
        try await eventually("it drains") { try executor.connection.all(DeviceReport.self).last?.draining == true }
        executor.process.signal(SIGINT)
        #expect(try await executor.process.exit() == .exited(130))
        try await eventually("the children are gone") { !children.contains(where: ProcessTable.isAlive) }
        await executor.gateway.stop()
    }

    @Test("Nothing can be started after everything was killed")
    func killAllIsFinal() async throws {
        let children = LiveChildren()
        children.killAll()
        let agent = ShellAgent(
            allowed: true, environment: ["PATH": "/usr/bin:/bin"], children: children, temporary: "/tmp", linger: 0)
        await #expect(throws: Fault.self) {
            try await agent.start(makeTurn("sleep 600", in: "/"), sink: RecordingSink())
        }
        #expect(children.count == 0)
    }
}

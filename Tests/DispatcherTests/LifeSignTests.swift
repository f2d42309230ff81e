import Foundation
import Logging
import Messages
import Storage
import Synchronization
import TestSupport
import Testing

@testable import Dispatcher

@Suite("The leader's sign of life, and the evidence that it is frozen")
struct LifeSignTests {
    @Test("A start shows what it is at by itself; afterwards only a beat moves the sign")
    func sign() async throws {
        let folder = try TemporaryDirectory()
        #expect(LifeSign.read(in: folder.path) == nil)
        let sign = LifeSign(directory: folder.path)
        sign.show("migration, step 3")
        let first = try await eventually("the sign") { () -> LifeSign.Reading? in
            let reading = LifeSign.read(in: folder.path)
            return reading?.work == "migration, step 3" ? reading : nil
        }
        try await eventually("the next sign") { (LifeSign.read(in: folder.path)?.beat ?? 0) > first.beat }
        sign.serve()
        let rest = try await eventually("the end of the start") { () -> LifeSign.Reading? in
            let reading = LifeSign.read(in: folder.path)
            return reading?.work == nil ? reading : nil
        }
        try await Task.sleep(for: .milliseconds(500))
        #expect(LifeSign.read(in: folder.path) == rest)
        sign.beat()
        try await eventually("a beat") { (LifeSign.read(in: folder.path)?.beat ?? 0) > rest.beat }
    }

    @Test("A lease that is not renewed is not taken while its holder shows that it runs")
    func longWrite() {
        var watch = LeaseWatch(takeoverMs: 15_000)
        let lease = LeaseSighting(epoch: 7, renewals: 1, isLocked: true, isReleased: false)
        func look(_ second: Int64, beat: UInt64) -> LeaseWatch.Verdict {
            let sign = LifeSign.Reading(process: 1, beat: beat, seconds: 0, work: nil)
            return watch.look(lease, sign: sign, hasLock: false, at: second * 1000)
        }
        for second in Int64(0)..<60 { #expect(look(second, beat: UInt64(second) / 3) == .wait) }
        for second in Int64(60)..<72 { #expect(look(second, beat: 19) == .wait) }
        #expect(look(72, beat: 19) == .takeOver)
    }

    @Test("A process is frozen when it is stopped, or has used no processor time for the whole time")
    func evidence() {
        var watch = ProcessWatch()
        func look(_ second: Int64, used: UInt64, start: UInt64 = 1, state: Character = "S") {
            watch.look(9, at: second * 1000) {
                ProcessWatch.Sample(process: $0, start: start, used: used, state: state)
            }
        }
        func evidence(_ second: Int64) -> String? { watch.evidence(against: 9, at: second * 1000, for: 15_000) }
        look(0, used: 100)
        #expect(evidence(0) == nil && watch.evidence(against: 8, at: 99_000, for: 15_000) == nil)
        look(10, used: 101, state: "D")
        look(24, used: 101, state: "D")
        #expect(evidence(24) == nil)
        look(25, used: 101, state: "D")
        #expect(evidence(25) == "it has used no processor time for 15 s (state D)")
        // The id belongs to another process now.
        look(26, used: 101, start: 2)
        #expect(evidence(26) == nil)
        look(27, used: 102, start: 2, state: "T")
        #expect(evidence(27) == "its state is T (stopped)")
        watch.look(nil, at: 99_000)
        #expect(evidence(99) == nil)
    }

    @Test("The kernel shows a running and a stopped process")
    func samples() async throws {
        let child = try ChildProcess("/bin/sh", ["-c", "while :; do :; done"])
        let first = try #require(ProcessWatch.sample(Int(child.pid)))
        try await eventually("processor time") { (ProcessWatch.sample(Int(child.pid))?.used ?? 0) > first.used }
        child.signal(SIGSTOP)
        try await eventually("the stop") { ProcessWatch.sample(Int(child.pid))?.state == "T" }
        child.signal(SIGKILL)
        _ = try await child.exit()
        #expect(ProcessWatch.sample(Int(child.pid)) == nil)
    }

    @Test("A standby shows which step of a migration it waits for")
    func waitingFor() async throws {
        let folder = try TemporaryDirectory()
        let lock = try DataLock(directory: folder.file("data"), name: Standby.lockName)
        let sign = LifeSign(directory: folder.file("data"))
        sign.show("migration, step 3")
        let seen = Mutex<[String]>([])
        let configuration = DispatcherConfiguration(registry: "inproc://none", dataDirectory: folder.file("data"))
        let initial = Standby(configuration, clock: .system, logger: Logger(label: "test"))
        let waiting = Task {
            var standby = initial
            _ = try await standby.wait { work in seen.withLock { $0.append(work) } }
        }
        try await eventually("the report") {
            seen.withLock { $0.contains { $0.wholeMatch(of: /migration, step 3, [0-9]+ s/) != nil } }
        }
        sign.show("migration, step 4")
        try await eventually("the next step") {
            seen.withLock { $0.contains { $0.hasPrefix("migration, step 4, ") } }
        }
        waiting.cancel()
        _ = await waiting.result
        lock.release()
    }

    @Test("Each missing migration is announced with its number")
    func migrations() async throws {
        let folder = try TemporaryDirectory()
        let path = SQLiteTaskStore.path(in: folder.path)
        let old = try await Store(path: path, migrations: Array(Schema.migrations.dropLast(2)))
        await old.close()
        let steps = Mutex<[Int]>([])
        let new = try await Store(path: path, migrations: Schema.migrations) { step in
            steps.withLock { $0.append(step) }
        }
        await new.close()
        let count = Schema.migrations.count
        #expect(steps.withLock { $0 } == [count - 1, count])
    }
}

import Logging
import Mesh
import Messages
import Storage
import TestSupport
import Testing

@testable import Dispatcher

@Suite("The lease: which process may lead, and in which epoch")
struct LeaseTests {
    private static let lease = LeaseSighting(epoch: 7, renewals: 1, isLocked: true, isReleased: false)

    private static func changed(_ change: (inout LeaseSighting) -> Void) -> LeaseSighting {
        var lease = lease
        change(&lease)
        return lease
    }

    @Test("A free lock means that its holder is gone")
    func freeLock() {
        var watch = LeaseWatch(takeoverMs: 15_000)
        #expect(watch.look(Self.lease, hasLock: false, at: 0) == .wait)
        #expect(watch.look(Self.lease, hasLock: true, at: 200) == .lead)
        var other = LeaseWatch(takeoverMs: 15_000)
        #expect(other.look(nil, hasLock: true, at: 0) == .lead)
    }

    @Test("A stale lease is taken, a renewed one is not")
    func staleLease() {
        var watch = LeaseWatch(takeoverMs: 15_000)
        for second in 0..<60 {
            let renewed = Self.changed { $0.renewals = Int64(second / 10) }
            #expect(watch.look(renewed, hasLock: false, at: Int64(second) * 1000) == .wait)
        }
        let last = Self.changed { $0.renewals = 5 }
        #expect(watch.look(last, hasLock: false, at: 62_000) == .wait)
        #expect(watch.look(last, hasLock: false, at: 64_999) == .wait)
        #expect(watch.look(last, hasLock: false, at: 65_000) == .takeOver)
    }

    @Test("Time in which the standby slept does not count")
    func sleptStandby() {
        var watch = LeaseWatch(takeoverMs: 15_000)
        for second in 0..<10 { #expect(watch.look(Self.lease, hasLock: false, at: Int64(second) * 1000) == .wait) }
        // The machine slept for an hour, the leader too.
        for second in 0..<15 {
            #expect(watch.look(Self.lease, hasLock: false, at: 3_600_000 + Int64(second) * 1000) == .wait)
        }
        #expect(watch.look(Self.lease, hasLock: false, at: 3_615_000) == .takeOver)
    }

    @Test("A lease that has changed since it was seen is not taken")
    func changedLease() async throws {
        let folder = try TemporaryDirectory()
        let first = try await SQLiteTaskStore(
            directory: folder.path, holder: .generate(), isLocked: true, now: Sample.now)
        let path = SQLiteTaskStore.path(in: folder.path)
        let seen = try #require(try await Store.look(at: path) { try LeaseTable.sighting($0) } ?? nil)
        try await first.commit(CommitBatch(renews: true))
        let refused = await refusal {
            _ = try await SQLiteTaskStore(
                directory: folder.path, holder: .generate(), isLocked: false, from: seen, now: Sample.now)
        }
        #expect(refused == .notLeader)
        try await first.checkLead()
        await first.close()
    }

    @Test("A lease in a file with an older schema is not seen: its holder may be migrating the file")
    func olderSchema() async throws {
        let folder = try TemporaryDirectory()
        let path = SQLiteTaskStore.path(in: folder.path)
        let old = try await Store(path: path, migrations: Array(Schema.migrations.dropLast()))
        _ = try await old.write {
            try LeaseTable.take(holder: .generate(), isLocked: true, from: nil, now: Sample.now, $0)
        }
        await old.close()
        let configuration = DispatcherConfiguration(registry: "inproc://none", dataDirectory: folder.path)
        let standby = Standby(configuration, clock: .system, logger: Logger(label: "test"))
        #expect(await standby.sighting() == nil)
        let new = try await SQLiteTaskStore(
            directory: folder.path, holder: .generate(), isLocked: true, now: Sample.now)
        #expect(await standby.sighting()?.epoch == new.epoch)
        await new.close()
    }

    @Test("A takeover from a frozen leader listens at another address")
    func otherAddress() {
        let identity = Identity(role: .dispatcher, name: "d")
        #expect(DispatcherServer.takeoverEndpoint("tcp://127.0.0.1:7402", identity) == "tcp://127.0.0.1:0")
        #expect(DispatcherServer.takeoverEndpoint("ipc:///run/d", identity) == "ipc:///run/d.\(identity.incarnation)")
        #expect(DispatcherServer.moved("tcp://d.lan:7402", to: "tcp://127.0.0.1:4711") == "tcp://d.lan:4711")
        #expect(DispatcherServer.moved(nil, to: "tcp://127.0.0.1:4711") == nil)
    }

    @Test("A leader without the lock is not replaced by a process that finds the lock free")
    func leaderWithoutLock() {
        var watch = LeaseWatch(takeoverMs: 15_000)
        let lease = Self.changed { $0.isLocked = false }
        for second in 0..<15 { #expect(watch.look(lease, hasLock: true, at: Int64(second) * 1000) == .wait) }
        #expect(watch.look(lease, hasLock: true, at: 14_999) == .wait)
        #expect(watch.look(lease, hasLock: true, at: 15_000) == .lead)
        let left = Self.changed {
            $0.isLocked = false
            $0.isReleased = true
        }
        #expect(watch.look(left, hasLock: true, at: 15_001) == .lead)
    }

    @Test("A lease that was given up is taken soon, an unknown one never")
    func releasedLease() {
        var watch = LeaseWatch(takeoverMs: 15_000)
        let left = Self.changed { $0.isReleased = true }
        #expect(watch.look(left, hasLock: false, at: 0) == .wait)
        #expect(watch.look(left, hasLock: false, at: DispatcherLimits.releasedMs) == .takeOver)
        #expect(watch.look(nil, hasLock: false, at: 10_000) == .wait)
        #expect(watch.look(nil, hasLock: false, at: 1_000_000) == .wait)
    }

    @Test("Epochs grow, and do not begin at 1 again when the data are lost")
    func epochs() async throws {
        let folder = try TemporaryDirectory()
        func open(_ name: String, at seconds: Int64) async throws -> UInt64 {
            let store = try await SQLiteTaskStore(
                directory: folder.file(name), holder: .generate(), isLocked: true,
                now: Timestamp(milliseconds: seconds * 1000))
            await store.close()
            return store.epoch
        }
        #expect(try await open("a", at: 1_780_000_000) == 1_780_000_000)
        #expect(try await open("a", at: 1_780_000_000) == 1_780_000_001)
        // A clock that was set back does not lower the epoch.
        #expect(try await open("a", at: 1_000) == 1_780_000_002)
        #expect(try await open("b", at: 1_780_000_100) == 1_780_000_100)
    }

    @Test("A replaced leader can neither write nor load")
    func replacedLeader() async throws {
        let folder = try TemporaryDirectory()
        func open() async throws -> SQLiteTaskStore {
            try await SQLiteTaskStore(directory: folder.path, holder: .generate(), isLocked: true, now: Sample.now)
        }
        let old = try await open()
        let path = SQLiteTaskStore.path(in: folder.path)
        let before = try #require(try await Store.look(at: path) { try LeaseTable.sighting($0) } ?? nil)
        try await old.commit(CommitBatch(renews: true))
        let after = try #require(try await Store.look(at: path) { try LeaseTable.sighting($0) } ?? nil)
        #expect(after.renewals == before.renewals + 1 && after.epoch == old.epoch && after.isLocked)
        let new = try await open()
        for body in [
            { try await old.commit(CommitBatch(renews: true)) }, { try await old.checkLead() },
            { _ = try await old.alive(Partition.all) },
        ] as [() async throws -> Void] {
            #expect(await refusal { try await body() } == .notLeader)
        }
        // It cannot give up the lease of its successor.
        old.lock.release()
        try await old.leave()
        let lease = try #require(try await Store.look(at: path) { try LeaseTable.sighting($0) } ?? nil)
        #expect(lease.epoch == new.epoch && !lease.isReleased)
        await old.close()
        await new.close()
    }
}

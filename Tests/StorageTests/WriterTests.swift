import Foundation
import GRDB
import Synchronization
import TestSupport
import Testing

@testable import Storage

@Suite("The writer", .timeLimit(.minutes(2)))
struct WriterTests {
    let folder: TemporaryDirectory
    let store: Store

    init() async throws {
        folder = try TemporaryDirectory()
        store = try await Notes.open(folder)
    }

    @Test("A write returns its value, and readers see it")
    func value() async throws {
        let id = try await store.write { database in
            try database.execute(sql: "INSERT INTO note (text) VALUES ('a')")
            return database.lastInsertedRowID
        }
        #expect(id == 1)
        #expect(try await store.notes() == ["a"])
    }

    @Test("A throw undoes only its own write, though the batch is one transaction")
    func isolation() async throws {
        struct Refused: Error {}
        let gate = try await store.hold()
        let first = Task { try await store.add("first") }
        let second = Task {
            try await store.write { database in
                try database.execute(sql: "INSERT INTO note (text) VALUES ('undone')")
                throw Refused()
            }
        }
        let third = Task {
            try await store.write {
                try $0.execute(sql: "INSERT INTO note (id, text) VALUES (1001, 'a'), (1001, 'b')")
            }
        }
        let fourth = Task { try await store.add("fourth") }
        try await eventually("four writes to wait") { store.pendingWrites == 5 }
        try await gate.open()
        try await first.value
        await #expect(throws: Refused.self) { try await second.value }
        // The caller handles a constraint, so its error is passed on as it is.
        let error = await #expect(throws: DatabaseError.self) { try await third.value }
        #expect(error?.resultCode == .SQLITE_CONSTRAINT)
        try await fourth.value
        #expect(Set(try await store.notes()) == ["first", "fourth"])
    }

    @Test("A commit that fails fails every write of its batch, and the store goes on")
    func failedCommit() async throws {
        let gate = try await store.hold()
        let good = Task { try await store.add("good") }
        let bad = Task {
            try await store.write { database in
                // Deferred, so that only the commit notices.
                try database.execute(sql: "PRAGMA defer_foreign_keys = ON")
                try database.execute(sql: "INSERT INTO remark VALUES (99, 'of no note')")
            }
        }
        // Both must be queued before the gate opens, or they would not be one batch.
        try await eventually("two writes to wait") { store.pendingWrites == 3 }
        try await gate.open()
        await #expect(throws: StoreError.self) { try await good.value }
        await #expect(throws: StoreError.self) { try await bad.value }
        #expect(try await store.notes() == [])
        try await store.add("after")
        #expect(try await store.notes() == ["after"])
    }

    @Test("A full disk refuses what does not fit and keeps committed writes; the store recovers")
    func diskFull() async throws {
        try await store.write { database in
            let pages = try Int.fetchOne(database, sql: "PRAGMA page_count") ?? 0
            try database.execute(sql: "PRAGMA max_page_count = \(pages + 8)")
        }
        let gate = try await store.hold()
        let big = String(repeating: "x", count: 1 << 20)
        let results = await withTaskGroup(of: (String, Result<Void, any Error>).self) { group in
            for (name, text) in [("small", "s"), ("big", big), ("small too", "t")] {
                group.addTask { [store] in
                    do { return (name, .success(try await store.add(text))) } catch { return (name, .failure(error)) }
                }
            }
            try? await eventually("three writes to wait") { store.pendingWrites == 4 }
            try? await gate.open()
            return await group.reduce(into: [:]) { $0[$1.0] = $1.1 }
        }
        let error = #expect(throws: StoreError.self) { try results["big"]?.get() }
        #expect(error?.kind == .diskFull)
        #expect(error?.description.contains(store.path) == true)
        let answered = results.values.count { (try? $0.get()) != nil }
        #expect(try await store.notes().count == answered)
        try await store.write { try $0.execute(sql: "PRAGMA max_page_count = 1000000") }
        try await store.add(big)
        #expect(try await store.notes().count == answered + 1)
    }

    @Test("Writes of one actor keep their order, awaited or not")
    func order() async throws {
        let author = Author(store)
        await author.write(2_000)
        let notes = try await store.notes()
        #expect(notes == (0..<2_000).map(String.init))
    }

    @Test("Beyond the limit a write is refused at once and changes nothing")
    func overload() async throws {
        let gate = try await store.hold()
        try await withThrowingTaskGroup(of: Bool.self) { group in
            for _ in 0..<StoreLimits.pendingWrites + 99 {
                group.addTask { [store] in
                    do {
                        try await store.write { _ in }
                        return true
                    } catch let error as StoreError where error.kind == .overloaded { return false }
                }
            }
            var refused = 0
            // While the gate is shut, all but those that fill the queue are refused. The gate's write is one of them.
            while refused < 100 { if try await group.next() == false { refused += 1 } }
            try await gate.open()
            var done = 0
            for try await kept in group where kept { done += 1 }
            #expect(done == StoreLimits.pendingWrites - 1)
        }
    }

    @Test("Closing waits for queued writes, and later work is refused")
    func close() async throws {
        let gate = try await store.hold()
        async let last: Void = store.add("last")
        try await eventually("the write to wait") { store.pendingWrites == 2 }
        async let closed: Void = store.close()
        try await gate.open()
        try await last
        await closed
        await store.close()
        let write = await #expect(throws: StoreError.self) { try await store.add("late") }
        #expect(write?.kind == .closed)
        let read = await #expect(throws: StoreError.self) { try await store.notes() }
        #expect(read?.kind == .closed)
        #expect(try await Notes.open(folder).notes() == ["last"])
    }

    @Test("After a close the file is whole without its log")
    func whole() async throws {
        for number in 0..<50 { try await store.add("\(number)") }
        #expect(try await store.notes().count == 50)
        await store.close()
        try FileManager.default.copyItem(atPath: store.path, toPath: folder.file("copy.db"))
        #expect(try await Notes.open(folder, "copy.db").notes().count == 50)
    }

    @Test("A read-only file refuses writes and can be read")
    func readOnly() async throws {
        try await store.add("before")
        try await store.write { try $0.execute(sql: "PRAGMA query_only = ON") }
        let error = await #expect(throws: StoreError.self) { try await store.add("no") }
        #expect(error?.kind == .readOnly)
        #expect(error?.description.contains(store.path) == true)
        #expect(try await store.notes() == ["before"])
    }

    @Test("A write waits for another process's lock, then names it")
    func locked() async throws {
        let path = folder.file("shared.db")
        let patient = try await Store(StoreOpening(path: path, migrations: Notes.migrations, busySeconds: 0.05))
        // A connection of its own, as another process would have.
        var configuration = Configuration()
        configuration.allowsUnsafeTransactions = true
        let other = try DatabaseQueue(path: path, configuration: configuration)
        try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN IMMEDIATE") }
        let error = await #expect(throws: StoreError.self) { try await patient.add("no") }
        #expect(error?.kind == .locked)
        #expect(error?.description.contains(path) == true)
        try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
        try await patient.add("yes")
        #expect(try await patient.notes() == ["yes"])
    }
}

/// Queues writes without awaiting each before the next.
private actor Author {
    private let store: Store
    private var next = 0

    init(_ store: Store) { self.store = store }

    func write(_ count: Int) async {
        await withTaskGroup { group in
            for _ in 0..<count { group.addTask { await self.one() } }
        }
    }

    private func one() async {
        let number = next
        next += 1
        // Not through Store.add: a nonisolated function would leave this actor before it queues the write.
        try? await store.write {
            try $0.execute(sql: "INSERT INTO note (text) VALUES (?)", arguments: [String(number)])
        }
    }
}

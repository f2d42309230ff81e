import Dispatch
import GRDB
import Storage
import TestSupport
import Testing

@Suite("Readers", .timeLimit(.minutes(2)))
struct ReaderTests {
    @Test("Readers run in parallel with each other and the writer, each on one committed state")
    func parallel() async throws {
        let folder = try TemporaryDirectory()
        let store = try await Notes.open(folder)
        try await store.add("before")
        let gates = [Gate(), Gate()]
        async let first = Self.slowNotes(store, gates[0])
        async let second = Self.slowNotes(store, gates[1])
        // Both reads run at once, and neither blocks the writer.
        try await eventually("both readers to be reading") { gates.allSatisfy(\.reached) }
        try await store.add("meanwhile")
        for gate in gates { try await gate.open() }
        #expect(try await first == ["before"])
        #expect(try await second == ["before"])
        #expect(try await store.notes() == ["before", "meanwhile"])
    }

    @Test("A reader cannot write")
    func readonly() async throws {
        let folder = try TemporaryDirectory()
        let store = try await Notes.open(folder)
        await #expect(throws: (any Error).self) {
            try await store.read { try $0.execute(sql: "INSERT INTO note (text) VALUES ('x')") }
        }
        #expect(try await store.notes() == [])
    }

    /// Reads once, waits at the gate and reads again in the same transaction.
    private static func slowNotes(_ store: Store, _ gate: Gate) async throws -> [String] {
        try await store.read { database in
            _ = try Int.fetchOne(database, sql: "SELECT count(*) FROM note")
            gate.wait()
            return try String.fetchAll(database, sql: "SELECT text FROM note ORDER BY id")
        }
    }
}

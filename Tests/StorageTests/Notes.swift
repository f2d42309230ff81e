import Dispatch
import GRDB
import Storage
import Synchronization
import TestSupport

/// The schema of these tests: numbered notes, and remarks about a note.
enum Notes {
    static let migrations = [
        SQLiteMigration("1 notes") {
            try $0.execute(sql: "CREATE TABLE note (id INTEGER PRIMARY KEY, text TEXT NOT NULL)")
        },
        SQLiteMigration("2 remarks") {
            try $0.execute(sql: "CREATE TABLE remark (note INTEGER NOT NULL REFERENCES note (id), text TEXT NOT NULL)")
        },
    ]

    static func open(_ folder: TemporaryDirectory, _ name: String = "notes.db") async throws -> Store {
        try await Store(path: folder.file(name), migrations: migrations)
    }
}

extension Store {
    func add(_ text: String) async throws {
        try await write { try $0.execute(sql: "INSERT INTO note (text) VALUES (?)", arguments: [text]) }
    }

    func notes() async throws -> [String] {
        try await read { try String.fetchAll($0, sql: "SELECT text FROM note ORDER BY id") }
    }

    /// Occupies the writer until the gate opens, so that writes queued meanwhile form one batch.
    func hold() async throws -> Gate {
        let gate = Gate()
        gate.holding = Task { try await write { _ in gate.wait() } }
        try await eventually("the writer to be held") { gate.reached }
        return gate
    }
}

/// Blocks a thread until it is opened.
final class Gate: Sendable {
    private struct State {
        var reached = false
        var holding: Task<Void, any Error>?
    }
    private let state = Mutex(State())
    private let semaphore = DispatchSemaphore(value: 0)

    var reached: Bool { state.withLock { $0.reached } }
    var holding: Task<Void, any Error>? {
        get { state.withLock { $0.holding } }
        set { state.withLock { $0.holding = newValue } }
    }

    func wait() {
        state.withLock { $0.reached = true }
        semaphore.wait()
    }

    func open() async throws {
        semaphore.signal()
        try await holding?.value
    }
}

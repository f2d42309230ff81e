import GRDB
import Messages
import Storage
import TestSupport
import Testing

@testable import Dispatcher
@testable import StoreConformance

/// The rules of every store hold for the one in SQLite.
@Suite("The store in SQLite", .timeLimit(.minutes(3)))
struct SQLiteTaskStoreTests {
    private static func opening(_ folder: TemporaryDirectory) -> @Sendable () async throws -> any TaskStore {
        {
            try await SQLiteTaskStore(
                directory: folder.file("data"), holder: .generate(), isLocked: false, now: Fixture.now)
        }
    }

    @Test("It keeps the contract of every store", arguments: TaskStoreConformance.checks)
    func contract(_ check: TaskStoreConformance.Check) async throws {
        let folder = try TemporaryDirectory()
        try await check.run(Self.opening(folder))
    }

    @Test("A random history leaves what a dictionary would hold", arguments: UInt64(0)..<20)
    func randomHistory(seed: UInt64) async throws {
        let folder = try TemporaryDirectory()
        let check = TaskStoreConformance.Check("a random history") { try await RandomHistory.run(seed: seed, $0) }
        try await check.run(Self.opening(folder))
    }
}

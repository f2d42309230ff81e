import GRDB
import Messages

@testable import Dispatcher

/// The database behind the dispatcher's back.
extension Rig {
    private func queue() throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        return try DatabaseQueue(path: folder.file("data/dispatcher.db"), configuration: configuration)
    }

    /// Changes it.
    func meddle(_ sql: String) async throws {
        let queue = try queue()
        try await queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    /// One number of it.
    func column(_ sql: String) async throws -> Int? {
        let queue = try queue()
        defer { try? queue.close() }
        return try await queue.read { try Int.fetchOne($0, sql: sql) }
    }

    /// One number of it, for a thing of this id.
    func column<Kind>(_ sql: String, _ id: Identifier<Kind>) async throws -> Int? {
        let queue = try queue()
        defer { try? queue.close() }
        let blob = id.blob
        return try await queue.read { try Int.fetchOne($0, sql: sql, arguments: [blob]) }
    }
}

extension DispatcherService {
    /// How many permission requests of a task wait.
    func openApprovals(_ task: TaskID) -> Int? { live[task]?.openApprovals }
}

extension FakeExecutor {
    /// The same executor, whose sessions another gateway has.
    func moved(to gateway: FakeGateway) -> FakeExecutor {
        FakeExecutor(
            gateway: gateway, owner: owner, device: device, session: .generate(), generation: generation + 1,
            slots: slots)
    }
}

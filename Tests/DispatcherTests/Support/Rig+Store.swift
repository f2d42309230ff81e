import GRDB
import Messages

@testable import Dispatcher

/// Access to the database past the dispatcher.
extension Rig {
    private func queue() throws -> DatabaseQueue {
        var configuration = Configuration()
        configuration.busyMode = .timeout(5)
        return try DatabaseQueue(path: folder.file("data/dispatcher.db"), configuration: configuration)
    }

    /// Runs a statement.
    func meddle(_ sql: String) async throws {
        let queue = try queue()
        try await queue.write { try $0.execute(sql: sql) }
        try queue.close()
    }

    /// Returns the number that a query selects.
    func column(_ sql: String) async throws -> Int? {
        let queue = try queue()
        defer { try? queue.close() }
        return try await queue.read { try Int.fetchOne($0, sql: sql) }
    }

    /// Returns the number that a query with an id selects.
    func column<Kind>(_ sql: String, _ id: Identifier<Kind>) async throws -> Int? {
        let queue = try queue()
        defer { try? queue.close() }
        let blob = id.blob
        return try await queue.read { try Int.fetchOne($0, sql: sql, arguments: [blob]) }
    }
}

extension DispatcherService {
    /// Returns how many permission requests of a task are pending.
    func openApprovals(_ task: TaskID) -> Int? { live[task]?.openApprovals }
}

extension ScriptedExecutor {
    /// Returns the same executor, with its sessions at another gateway.
    func moved(to gateway: ScriptedGateway) -> ScriptedExecutor {
        ScriptedExecutor(
            gateway: gateway, owner: owner, device: device, session: .generate(), generation: generation + 1,
            slots: slots)
    }
}

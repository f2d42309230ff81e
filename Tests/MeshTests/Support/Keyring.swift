import Foundation
import Logging
import Messages
import Synchronization
import TestSupport

@testable import Mesh

/// The keys of a test's services, and their common allow-list in a file.
final class Keyring: Sendable {
    let directory: TemporaryDirectory
    let log = LogLines()
    private let entries = Mutex<[AllowList.Entry]>([])

    init() throws {
        directory = try TemporaryDirectory()
        try save()
    }

    var path: String { directory.file("allow") }

    /// Makes a pair, in the allow-list if `role` is not nil.
    func pair(_ role: ServiceRole?, _ name: String = "service") throws -> MeshKeyPair {
        let pair = try MeshKeyPair.generate()
        if let role { try allow(pair, role, name) }
        return pair
    }

    func allow(_ pair: MeshKeyPair, _ role: ServiceRole, _ name: String = "service") throws {
        let entry = try AllowList.Entry(key: pair.publicKey, role: role, name: name)
        entries.withLock { $0.append(entry) }
        try save()
    }

    func remove(_ pair: MeshKeyPair) throws {
        entries.withLock { $0.removeAll { $0.key == pair.publicKey } }
        try save()
    }

    /// The protection of the service with this pair.
    func security(_ pair: MeshKeyPair) throws -> MeshSecurity {
        MeshSecurity(pair, allowed: try AllowList(path, logger: log.logger))
    }

    private func save() throws {
        let lines = entries.withLock { $0.map(\.line) }
        try Data((["# keys of a test", ""] + lines).joined(separator: "\n").utf8)
            .write(to: URL(fileURLWithPath: path), options: .atomic)
    }
}

/// What was logged, with its metadata, a line each.
final class LogLines: LogHandler, Sendable {
    private let lines = Mutex<[String]>([])
    var all: [String] { lines.withLock { $0 } }
    func count(_ text: String) -> Int { all.count { $0.contains(text) } }

    var logger: Logger { Logger(label: "test") { _ in self } }
    var metadata: Logger.Metadata {
        get { [:] }
        set {}
    }
    var logLevel: Logger.Level {
        get { .info }
        set {}
    }
    subscript(metadataKey key: String) -> Logger.Metadata.Value? {
        get { nil }
        set {}
    }

    func log(event: LogEvent) {
        let metadata = (event.metadata ?? [:]).map { "\($0.key)=\($0.value)" }.sorted().joined(separator: " ")
        lines.withLock { $0.append("\(event.level) \(event.message) \(metadata)") }
    }
}

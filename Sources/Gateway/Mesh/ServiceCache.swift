import Logging
import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The dispatchers' addresses of the last run, in a file: a gateway that starts while the registry is away finds the
/// dispatchers by it. Owner of `services.json`.
actor ServiceCache {
    private let path: String
    private let logger: Logger
    private var saved: UInt64 = 0

    init(directory: String, logger: Logger) {
        path = "\(directory)/services.json"
        self.logger = logger
    }

    /// The last saved list; empty when there is no file or it cannot be read.
    nonisolated func load() -> [ServiceEntry] {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return [] }
        return (try? JSONDecoder().decode([ServiceEntry].self, from: data)) ?? []
    }

    /// Saves a list, unless a newer version is saved already. Only the next start needs it, so a failed write is a
    /// warning.
    func save(_ services: [ServiceEntry], version: UInt64) {
        guard version >= saved else { return }
        saved = version
        do { try JSONEncoder().encode(services).write(to: URL(filePath: path), options: .atomic) } catch {
            logger.warning("the list of services could not be saved", metadata: ["error": "\(error)"])
        }
    }
}

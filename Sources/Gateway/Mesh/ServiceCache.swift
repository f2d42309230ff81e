import Logging
import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Where the dispatchers were when the registry was last heard, as a file: a gateway that starts while the registry is
/// away finds them by it. Owner of `services.json`.
actor ServiceCache {
    private let path: String
    private let logger: Logger
    private var saved: UInt64 = 0

    init(directory: String, logger: Logger) {
        path = "\(directory)/services.json"
        self.logger = logger
    }

    /// What was last known; nothing when there is no file or it cannot be read.
    nonisolated func load() -> [ServiceEntry] {
        guard let data = try? Data(contentsOf: URL(filePath: path)) else { return [] }
        return (try? JSONDecoder().decode([ServiceEntry].self, from: data)) ?? []
    }

    /// Keeps a list, unless a newer version is kept already. It is a hint for the next start: one that cannot be written
    /// is a warning.
    func save(_ services: [ServiceEntry], version: UInt64) {
        guard version >= saved else { return }
        saved = version
        do { try JSONEncoder().encode(services).write(to: URL(filePath: path), options: .atomic) } catch {
            logger.warning("the list of services could not be kept", metadata: ["error": "\(error)"])
        }
    }
}

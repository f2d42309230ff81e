import Foundation
import TestCluster
import TestSupport

/// The common part of the commands that start services.
enum Bench {
    /// The path of this program, quoted for a shell.
    static var program: String { "'\(Binaries.folder)/wegent-bench'" }

    /// Runs `body` with the four services as processes and a device `executor`, and always ends them.
    /// - Parameter limit: After this time the measurement is cancelled.
    static func cluster(
        _ what: String, within limit: Duration, slots: Int = 5, executor: Bool = true,
        flags: [String: [String]] = [:], _ body: @escaping @Sendable (Cluster) async throws -> Void
    ) async throws {
        var options = Cluster.Options()
        options.executor = executor ? ["--allow-shell", "--slots", "\(slots)"] : nil
        options.flags = flags
        let finalOptions = options
        try await Interrupt.cancelling {
            try await deadline(what, limit) { try await Cluster.with(finalOptions, body) }
        }
    }

    /// Raises this process's limit of open files to the hard limit.
    static func raiseFileLimit() {
        var limit = rlimit()
        #if canImport(Glibc)
            let files = __rlimit_resource_t(RLIMIT_NOFILE.rawValue)
        #else
            let files = RLIMIT_NOFILE
        #endif
        guard getrlimit(files, &limit) == 0 else { return }
        limit.rlim_cur = limit.rlim_max
        _ = setrlimit(files, &limit)
    }
}

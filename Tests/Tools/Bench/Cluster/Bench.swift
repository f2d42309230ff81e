import Foundation
import TestCluster
import TestSupport

/// What the commands that start services have in common.
enum Bench {
    /// The command line of this program, for a shell.
    static var program: String { "'\(Binaries.folder)/wegent-bench'" }

    /// Runs `body` with the four services as four processes and a device `executor`, and ends them whatever happens.
    /// - Parameter limit: After this it is given up and everything is ended.
    static func cluster(
        _ what: String, within limit: Duration, slots: Int = 5, executor: Bool = true,
        flags: [String: [String]] = [:], _ body: @escaping @Sendable (Cluster) async throws -> Void
    ) async throws {
        var options = Cluster.Options()
        options.executor = executor ? ["--allow-shell", "--slots", "\(slots)"] : nil
        options.flags = flags
        let chosen = options
        try await Interrupt.ends {
            try await deadline(what, limit) { try await Cluster.with(chosen, body) }
        }
    }

    /// Lets this process have as many files as the system allows.
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

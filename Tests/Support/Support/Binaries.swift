import Foundation

/// The executables of this build, which lie beside the running test bundle.
public enum Binaries {
    /// The folder of the executables.
    public static let folder: String = {
        #if canImport(Darwin)
            var start = Bundle.allBundles.first { $0.bundlePath.hasSuffix(".xctest") }?.bundlePath ?? ""
        #else
            var start = (try? FileManager.default.destinationOfSymbolicLink(atPath: "/proc/self/exe")) ?? ""
        #endif
        while start.count > 1 {
            start = (start as NSString).deletingLastPathComponent
            if FileManager.default.isExecutableFile(atPath: "\(start)/wegent-registry") { return start }
        }
        return "\(checkout)/.build/debug"
    }()

    /// The root of the checkout that the tests were built from.
    public static let checkout: String = {
        var path = #filePath
        for _ in 0..<4 { path = (path as NSString).deletingLastPathComponent }
        return path
    }()

    public static var registry: String { "\(folder)/wegent-registry" }
    public static var dispatcher: String { "\(folder)/wegent-dispatcher" }
    public static var gateway: String { "\(folder)/wegent-gateway" }
    public static var executor: String { "\(folder)/wegent-executor" }
    public static var wegent: String { "\(folder)/wegent" }

    /// The real Claude Code: `WEGENT_TEST_CLAUDE`, else the one in the checkout's `.venv`, where `make test` installs
    /// PyPI's `claude-agent-sdk`; nil when there is none.
    public static let claude: String? = {
        if let named = ProcessInfo.processInfo.environment["WEGENT_TEST_CLAUDE"] { return named }
        let library = "\(checkout)/.venv/lib"
        let pythons = (try? FileManager.default.contentsOfDirectory(atPath: library)) ?? []
        return pythons.sorted().map { "\(library)/\($0)/site-packages/claude_agent_sdk/_bundled/claude" }
            .first { FileManager.default.isExecutableFile(atPath: $0) }
    }()
}

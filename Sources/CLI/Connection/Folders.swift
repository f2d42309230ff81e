#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The paths of this user's files, by the XDG base directory rules: a variable without an absolute path is ignored.
struct Folders: Sendable {
    let environment: [String: String]

    /// `~/.config/wegent/config.json`.
    var configuration: String { base("XDG_CONFIG_HOME", ".config") + "/wegent/config.json" }

    /// `~/.local/share/wegent`.
    var data: String { base("XDG_DATA_HOME", ".local/share") + "/wegent" }

    /// `~/.local/state/wegent/chat-history`.
    var chatHistory: String { base("XDG_STATE_HOME", ".local/state") + "/wegent/chat-history" }

    /// The user's home directory.
    var home: String {
        environment["HOME"].flatMap { $0.hasPrefix("/") ? $0 : nil }
            ?? FileManager.default.homeDirectoryForCurrentUser.path
    }

    private func base(_ variable: String, _ fallback: String) -> String {
        if let named = environment[variable], named.hasPrefix("/") { return named }
        return "\(home)/\(fallback)"
    }
}

import Foundation
import TestSupport

/// A real terminal: tmux with its own server and socket, which are removed with this object.
final class Tmux: Sendable {
    /// Whether tmux is installed; `make test` installs it.
    static let isInstalled = ["/usr/bin", "/usr/local/bin", "/opt/homebrew/bin"].contains {
        FileManager.default.isExecutableFile(atPath: "\($0)/tmux")
    }

    /// Keeps the socket until the server has ended.
    private let folder: TemporaryDirectory
    private let socket: String
    private let environment: [String: String]

    /// Opens a terminal with a shell in it.
    init(in folder: TemporaryDirectory, environment: [String: String], columns: Int = 80, rows: Int = 24) async throws {
        self.folder = folder
        socket = folder.file("tmux-\(UUID().uuidString.prefix(8))")
        self.environment = environment.merging(["PS1": "$ ", "TERM": "xterm-256color", "LANG": "C.UTF-8"]) { $1 }
        _ = try await command(["new-session", "-d", "-x", "\(columns)", "-y", "\(rows)", "sh"])
    }

    /// Types a command line.
    func type(_ line: String) async throws {
        _ = try await command(["send-keys", "-l", line])
        try await press("Enter")
    }

    /// Presses a key, such as `C-c`.
    func press(_ key: String) async throws { _ = try await command(["send-keys", key]) }

    /// The text on the screen; with `colours`, including escape sequences.
    func screen(colours: Bool = false) async throws -> String {
        try await command(["capture-pane", "-p"] + (colours ? ["-e"] : []))
    }

    /// Waits until the screen satisfies `condition`.
    @discardableResult
    func screen(_ what: String, colours: Bool = false, where condition: (String) -> Bool) async throws -> String {
        var last = ""
        do {
            return try await eventually(what, within: .seconds(20)) {
                last = try await screen(colours: colours)
                return condition(last) ? last : nil
            }
        } catch { throw Overdue(what, after: .seconds(20), seen: last) }
    }

    func command(_ arguments: [String]) async throws -> String {
        let child = try ChildProcess(
            "/usr/bin/env", ["tmux", "-u", "-f", "/dev/null", "-S", socket] + arguments, environment: environment)
        _ = try await child.exit()
        return child.stdout.text
    }

    deinit {
        // A child is killed with its object, so wait for the command that ends the server.
        try? ChildProcess("/usr/bin/env", ["tmux", "-S", socket, "kill-server"], environment: environment)
            .exitBlocking()
    }
}

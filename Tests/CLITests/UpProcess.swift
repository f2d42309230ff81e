import Foundation
import TestSupport

/// A `wegent up` process with its own data, home and settings.
final class UpProcess: Sendable {
    let process: ChildProcess
    let folder: TemporaryDirectory
    let url: String
    let token: String
    let password: String

    /// Returns when the process is ready.
    init(
        _ options: [String] = ["--allow-shell"], in folder: TemporaryDirectory? = nil,
        environment: [String: String] = [:]
    ) async throws {
        let folder = try folder ?? TemporaryDirectory()
        self.folder = folder
        process = try ChildProcess(
            Binaries.wegent, ["up", "--json", "--port", "0", "--data", folder.file("data")] + options,
            environment: ["HOME": folder.path].merging(environment) { $1 })
        let line = try await process.stdout.line("the line of readiness")
        let ready = try JSONDecoder().decode([String: String].self, from: Data(line.utf8))
        (url, token, password) = (ready["url"] ?? "", ready["token"] ?? "", ready["password"] ?? "")
    }

    /// The environment for commands of this user.
    var environment: [String: String] {
        ["HOME": folder.path, "WEGENT_BACKEND_URL": url, "WEGENT_TOKEN": token]
    }

    /// Starts a command as this user.
    func start(_ arguments: [String], _ changes: [String: String] = [:]) throws -> ChildProcess {
        try ChildProcess(
            Binaries.wegent, arguments, environment: environment.merging(changes) { $1 }.filter { !$1.isEmpty })
    }

    /// Runs a command as this user until it exits.
    func run(_ arguments: [String], input: String = "", _ changes: [String: String] = [:]) async throws -> Finished {
        let child = try start(arguments, changes)
        child.write(input)
        child.closeInput()
        let status = try await child.exit()
        return Finished(status: status, output: child.stdout.text, errors: child.stderr.text)
    }

    /// The result of a command.
    struct Finished: Sendable {
        var status: ExitStatus
        var output: String
        var errors: String
    }
}

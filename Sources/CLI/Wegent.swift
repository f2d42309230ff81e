import ArgumentParser
import Launch
import Messages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The `wegent` command.
public struct Wegent: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "wegent",
        abstract: "Run AI tasks on machines you own, and watch them live.",
        discussion: """
            Examples:
              wegent up                                start a mesh on this machine
              wegent run 'fix the failing test'        run on your default device
              wegent run --device build-box 'tidy up'  run on another device
              wegent run -c 'now run the tests'        go on with the newest conversation
              wegent chat                              talk with the agent
              wegent devices                           list your devices
              wegent logs -f TASK                      follow a task's output
              wegent approvals                         list what agents ask you to allow

            The gateway's address is taken from --url, then WEGENT_BACKEND_URL, then the file that `wegent login` or \
            `wegent up` saved. The token is taken from --token, then WEGENT_TOKEN, then the same file.
            """,
        version: Product.version,
        subcommands: [
            UpCommand.self, RunCommand.self, ChatCommand.self, TasksCommand.self, LogsCommand.self, CancelCommand.self,
            RetryCommand.self,
            ApprovalsCommand.self, ApproveCommand.self, DenyCommand.self, ConversationsCommand.self,
            DevicesCommand.self, DefaultsCommand.self, LoginCommand.self, LogoutCommand.self, TokenCommand.self,
        ])

    public init() {}

    /// Parses the arguments of the process and runs the command. Exits when the command fails.
    public static func start() async {
        StandardFiles.occupy()
        // A closed pipe then shows as a failed write; see `Output`.
        signal(SIGPIPE, SIG_IGN)
        do {
            var command = try parseProcess()
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as ExitCode {
            exitProcess(error.rawValue)
        } catch  where exitCode(for: error).isSuccess {
            // ArgumentParser throws for `--help`, `--version` and the like, and would print without a check.
            Output.write(fullMessage(for: error) + "\n")
        } catch {
            Launch.fail(error, name: "wegent")
        }
    }

    /// Parses the arguments of the process. Exits with 64 when they are wrong.
    private static func parseProcess() throws -> any ParsableCommand {
        let arguments = try RawArguments.read()
        do { return try DashedText.parse(arguments) } catch  where !exitCode(for: error).isSuccess {
            let unknown = DashedText.unknownOption(arguments)
            let advice = unknown == nil ? nil : DashedText.advice(arguments).map { "\n  \($0)" }
            Output.writeError(TerminalEscaping.text(unknown ?? fullMessage(for: error)) + (advice ?? "") + "\n")
            exitProcess(exitCode(for: error).rawValue)
        }
    }
}

// ArgumentParser's `exit(withError:)` shadows the C function.
private func exitProcess(_ code: Int32) -> Never { exit(code) }

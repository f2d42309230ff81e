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

/// The `wegent` command: a person's hands.
public struct Wegent: AsyncParsableCommand {
    public static let configuration = CommandConfiguration(
        commandName: "wegent",
        abstract: "Runs AI tasks on the machines you own and shows them live.",
        discussion: """
            Examples:
              wegent up                              everything on this machine, in one process
              wegent run 'fix the failing test'      a task on your default device
              wegent run --device build-box 'make'   … on another one
              wegent devices                         your machines
              wegent logs -f TASK                    what a task says, live
              wegent approvals                       what agents wait for your permission to do

            The gateway's address and your token come from --url and --token, else from WEGENT_BACKEND_URL and \
            WEGENT_TOKEN, else from what `wegent login` or `wegent up` saved.
            """,
        version: Product.version,
        subcommands: [
            UpCommand.self, RunCommand.self, TasksCommand.self, LogsCommand.self, CancelCommand.self, RetryCommand.self,
            ApprovalsCommand.self, ApproveCommand.self, DenyCommand.self, ConversationsCommand.self,
            DevicesCommand.self, DefaultsCommand.self, LoginCommand.self, LogoutCommand.self, TokenCommand.self,
        ])

    public init() {}

    /// Parses the process's arguments, runs the command and ends the process when it fails.
    public static func start() async {
        // A reader that went away is noticed by the write that meets it.
        signal(SIGPIPE, SIG_IGN)
        var command: any ParsableCommand
        do { command = try parseAsRoot() } catch { exit(withError: error) }
        do {
            if var asynchronous = command as? any AsyncParsableCommand {
                try await asynchronous.run()
            } else {
                try command.run()
            }
        } catch let error as ExitCode {
            exit(withError: error)
        } catch  where exitCode(for: error).isSuccess {
            // `--help` and `--version` arrive as errors.
            exit(withError: error)
        } catch {
            Launch.fail(error, name: "wegent")
        }
    }
}

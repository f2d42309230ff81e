import ArgumentParser
import Gateway
import Launch
import Messages

/// `wegent-gateway user`: changes the gateway's files, whether or not the gateway runs.
struct UserCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wegent-gateway user", abstract: "Adds and lists users.",
        subcommands: [Add.self, List.self])

    struct Add: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Adds a user and prints a generated password, once.",
            discussion: "Example:\n  wegent-gateway user add ada --data /var/lib/wegent/gateway")

        @Argument(help: "1 to 64 letters, digits, dots, dashes, underscores or @ signs.") var name: String
        @OptionGroup var options: DataOptions

        func run() async throws {
            try await options.withAccounts { accounts in
                StandardOutput.write(try await accounts.addUser(name) + "\n", name: "wegent-gateway")
            }
        }
    }

    struct List: AsyncParsableCommand {
        static let configuration = CommandConfiguration(
            abstract: "Lists the users: name, id, time of creation.",
            discussion: "Example:\n  wegent-gateway user list --data /var/lib/wegent/gateway")

        @OptionGroup var options: DataOptions

        func run() async throws {
            try await options.withAccounts { accounts in
                for user in try await accounts.users() {
                    StandardOutput.write("\(user.name)\t\(user.id)\t\(user.createdAt)\n", name: "wegent-gateway")
                }
            }
        }
    }

    struct DataOptions: ParsableArguments {
        @Option(help: "The directory of gateway.db (or WEGENT_DATA). Default: ./data") var data: String?
        @OptionGroup(title: "Logging") var log: LogArguments

        /// Runs `body` with the opened accounts.
        func withAccounts(_ body: (Accounts) async throws -> Void) async throws {
            Launch.prepare(try log.options())
            let accounts = try await Accounts.open(
                dataDirectory: try Setting.process.value(data, "WEGENT_DATA") ?? "data")
            do { try await body(accounts) } catch {
                await accounts.close()
                throw error
            }
            await accounts.close()
        }
    }
}

import ArgumentParser
import Messages

/// `wegent token`: API tokens, for devices and programs.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Create, list and revoke API tokens.",
        discussion: """
            Examples:
              WEGENT_TOKEN=$(wegent token create --name build-box) wegent-executor --mode local
              wegent token list
              wegent token revoke 019a2b3c-4d5e-7f60-8a1b-2c3d4e5f6071
            """,
        subcommands: [CreateToken.self, ListTokens.self, RevokeToken.self])
}

struct CreateToken: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Make a token; it is shown this once.")

    @Option(help: "What it is for.")
    var name: String?

    @Option(help: "How many days it is good, 1 to 7.")
    var days = 7

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (1...7).contains(days) else { throw ValidationError("--days must be 1 to 7.") }
    }

    func run() async throws {
        let token = try await connection.backend().createToken(NewToken(name: name, days: days))
        if json { return try Output.json(token) }
        Output.write(token.token + "\n")
        let left = Elapsed.until(token.expiresAt.seconds(since: .now()))
        Output.notice("the token is shown this once, its id is \(token.id), and it expires \(left)")
    }
}

struct ListTokens: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List your tokens.")

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let tokens = try await connection.backend().tokens()
        if json { return try Output.json(items: tokens) }
        let terminal = Terminal.current
        Output.write(Self.table(tokens, now: .now()).text(width: terminal.width, paint: terminal.paint))
    }

    /// The table of `tokens`.
    static func table(_ tokens: [TokenItem], now: Timestamp) -> Table {
        Table(
            header: ["ID", "EXPIRES", "LAST USED", "NAME"],
            rows: tokens.map { token in
                [
                    token.id.description,
                    token.revokedAt == nil ? Elapsed.until(token.expiresAt.seconds(since: now)) : "revoked",
                    token.lastUsedAt.map { Elapsed.ago(now.seconds(since: $0)) } ?? "never", token.name ?? "",
                ]
            })
    }
}

struct RevokeToken: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "End a token; what uses it is refused within 5 s.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Its id, from `wegent token list`.")
    var id: String

    func validate() throws {
        guard TokenID(id) != nil else {
            throw ValidationError("'\(id)' is not the id of a token; `wegent token list` shows them.")
        }
    }

    func run() async throws {
        guard let token = TokenID(id) else { return }
        try await connection.backend().revoke(token: token)
        Output.notice("token \(token) is revoked")
    }
}

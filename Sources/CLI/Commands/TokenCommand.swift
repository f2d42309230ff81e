import ArgumentParser
import Messages

/// `wegent token` and its subcommands: API tokens for devices and programs.
struct TokenCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "token",
        abstract: "Create, list and revoke API tokens for devices and programs.",
        discussion: """
            Examples:
              wegent token create --name build-box
              wegent token list
              wegent token revoke 019a2b3c-4d5e-7f60-8a1b-2c3d4e5f6071

            To connect a device, create a token and start the executor there with it:
              WEGENT_BACKEND_URL=URL WEGENT_TOKEN=TOKEN wegent-executor --mode local
            """,
        subcommands: [CreateToken.self, ListTokens.self, RevokeToken.self])
}

/// `wegent token create`.
struct CreateToken: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "create", abstract: "Create a token and print it, this once.")

    @Option(help: "A name, to recognize the token in `wegent token list`.")
    var name: String?

    @Option(help: ArgumentHelp("Days until it expires, 1 to 7.", valueName: "n"))
    var days = 7

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func validate() throws {
        guard (1...7).contains(days) else { throw ValidationError("--days must be 1 to 7.") }
        try NameText.check(name ?? "", of: "a token")
    }

    func run() async throws {
        let token = try await connection.gateway().createToken(TokenRequestBody(name: name, days: days))
        if json { return try Output.json(token) }
        Output.write(token.token + "\n")
        let left = Elapsed.until(token.expiresAt.seconds(since: .now()))
        Output.notice("token \(token.id) expires \(left); copy it now, it is not shown again")
    }
}

/// `wegent token list`.
struct ListTokens: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "list", abstract: "List your tokens.")

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws {
        let tokens = try await connection.gateway().tokens()
        if json { return try Output.jsonWithoutNulls(items: tokens, total: tokens.count) }
        let terminal = Terminal.current
        Output.write(Self.table(tokens, now: .now()).text(width: terminal.width, style: terminal.style))
    }

    /// The table of `tokens`.
    static func table(_ tokens: [TokenBody], now: Timestamp) -> Table {
        Table(
            header: ["ID", "EXPIRES", "LAST USED", "NAME"],
            rows: tokens.map { token in
                [
                    token.id.description,
                    token.revokedAt == nil ? Elapsed.until(token.expiresAt.seconds(since: now)) : "revoked",
                    token.lastUsedAt.map { Elapsed.ago(now.seconds(since: $0)) } ?? "never",
                    TerminalEscaping.line(token.name),
                ]
            })
    }
}

/// `wegent token revoke`.
struct RevokeToken: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "revoke", abstract: "Revoke a token; the gateway rejects it within 5 s.")

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "The token's id, from `wegent token list`.")
    var id: String

    func validate() throws {
        guard TokenID(id) != nil else {
            throw ValidationError("'\(id)' is not a token id; `wegent token list` lists the ids.")
        }
    }

    func run() async throws {
        guard let token = TokenID(id) else { return }
        try await connection.gateway().revoke(token: token)
        Output.notice("token \(token) is revoked")
    }
}

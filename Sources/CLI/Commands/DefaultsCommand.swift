import ArgumentParser
import Messages

/// `wegent defaults` and its subcommands.
struct DefaultsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "defaults",
        abstract: "Show or change the default choices of your tasks.",
        discussion: """
            Examples:
              wegent defaults
              wegent defaults set if-offline=wait queue-ttl=2d
              wegent defaults clear queue-ttl

            They apply to each task that does not choose for itself.
            The names are the options of `wegent run`: \(Choices.names.map(ChoiceName.option).joined(separator: ", ")).
            """,
        subcommands: [ShowDefaults.self, SetDefaults.self, ClearDefaults.self],
        defaultSubcommand: ShowDefaults.self)

    /// Prints the defaults.
    static func report(_ defaults: DefaultsBody, json: Bool) throws {
        if json { return try Output.jsonWithoutNulls(defaults) }
        let terminal = Terminal.current
        Output.write(table(defaults).text(width: terminal.width, style: terminal.style))
    }

    /// The table of `defaults`.
    static func table(_ defaults: DefaultsBody) -> Table {
        Table(
            header: ["NAME", "VALUE", "FROM"],
            rows: Choices.names.map { field in
                let own = ChoiceName.text(defaults.chosen, field)
                let value = own ?? ChoiceName.text(defaults.effective, field)
                return [
                    ChoiceName.option(field), value ?? "set by the device",
                    own != nil ? "you" : value != nil ? "server" : "device",
                ]
            })
    }
}

/// `wegent defaults show`.
struct ShowDefaults: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show the effective defaults and where each comes from.")

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws { try DefaultsCommand.report(try await connection.gateway().defaults(), json: json) }
}

/// `wegent defaults set`.
struct SetDefaults: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "set", abstract: "Set defaults.")

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("A default to set, such as priority=high or timeout=2h.", valueName: "name=value"))
    var values: [String]

    func validate() throws { _ = try patch }

    func run() async throws {
        try DefaultsCommand.report(try await connection.gateway().change(defaults: try patch), json: json)
    }

    private var patch: DefaultsPatchBody {
        get throws {
            let fields = try values.reduce(into: [String: JSONValue]()) { fields, text in
                let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                guard parts.count == 2 else {
                    throw ValidationError("'\(text)' is not of the form name=value; `wegent defaults` lists the names.")
                }
                let field = try ChoiceName.field(parts[0])
                fields[field] = try ChoiceName.value(parts[1], of: field)
            }
            return try GatewayClient.decoder.decode(DefaultsPatchBody.self, from: JSONValue.object(fields).bytes.data)
        }
    }
}

/// `wegent defaults clear`.
struct ClearDefaults: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Clear defaults, so that the server's values apply.")

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("A default to clear, such as priority.", valueName: "name"))
    var names: [String]

    func validate() throws { for name in names { _ = try ChoiceName.field(name) } }

    func run() async throws {
        let patch = DefaultsPatchBody(clear: try names.map(ChoiceName.field))
        try DefaultsCommand.report(try await connection.gateway().change(defaults: patch), json: json)
    }
}

import ArgumentParser
import Messages

/// `wegent defaults`: what tasks choose where they say nothing.
struct DefaultsCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "defaults",
        abstract: "Show or change what your tasks choose where they say nothing.",
        discussion: """
            Examples:
              wegent defaults
              wegent defaults set if-offline=wait queue-ttl=2d
              wegent defaults clear queue-ttl

            The names are those of the options of `wegent run`: \(Choices.names.map(ChoiceName.short).joined(separator: ", ")).
            """,
        subcommands: [ShowDefaults.self, SetDefaults.self, ClearDefaults.self],
        defaultSubcommand: ShowDefaults.self)

    /// Tells what is in force.
    static func tell(_ defaults: DefaultsItem, json: Bool) throws {
        if json { return try Output.json(defaults) }
        let terminal = Terminal.current
        Output.write(table(defaults).text(width: terminal.width, paint: terminal.paint))
    }

    /// The table of `defaults`.
    static func table(_ defaults: DefaultsItem) -> Table {
        Table(
            header: ["NAME", "VALUE", "FROM"],
            rows: Choices.names.map { field in
                let own = ChoiceName.text(defaults.chosen, field)
                let value = own ?? ChoiceName.text(defaults.effective, field)
                return [
                    ChoiceName.short(field), value ?? "as the device says",
                    own != nil ? "you" : value != nil ? "the service" : "the device",
                ]
            })
    }
}

struct ShowDefaults: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "show", abstract: "Show what is in force, and from whom (the default).")

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    func run() async throws { try DefaultsCommand.tell(try await connection.backend().defaults(), json: json) }
}

struct SetDefaults: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "set", abstract: "Set some of them.")

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("What to set, such as priority=high or timeout=2h.", valueName: "name=value"))
    var values: [String]

    func validate() throws { _ = try patch }

    func run() async throws {
        try DefaultsCommand.tell(try await connection.backend().change(defaults: try patch), json: json)
    }

    private var patch: [String: JSONValue] {
        get throws {
            try values.reduce(into: [:]) { patch, text in
                let parts = text.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
                guard parts.count == 2 else {
                    throw ValidationError("'\(text)' is not like name=value; `wegent defaults` lists the names.")
                }
                let field = try ChoiceName.field(parts[0])
                patch[field] = try ChoiceName.value(parts[1], of: field)
            }
        }
    }
}

struct ClearDefaults: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "clear", abstract: "Leave some of them to the service.")

    @Flag(help: "Print JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ArgumentHelp("Which.", valueName: "name"))
    var names: [String]

    func validate() throws { for name in names { _ = try ChoiceName.field(name) } }

    func run() async throws {
        let patch = try names.reduce(into: [String: JSONValue]()) { $0[try ChoiceName.field($1)] = .null }
        try DefaultsCommand.tell(try await connection.backend().change(defaults: patch), json: json)
    }
}

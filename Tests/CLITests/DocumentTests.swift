import ArgumentParser
import Foundation
import TestSupport
import Testing

@testable import CLI

@Suite("docs/cli.md")
struct DocumentTests {
    /// The parts of ArgumentParser's description of a command that the document has to name.
    private struct Command: Decodable {
        struct Argument: Decodable {
            struct Name: Decodable {
                var kind: String
                var name: String
            }
            var names: [Name]?
        }
        var commandName: String
        var arguments: [Argument]?
        var subcommands: [Command]?

        var options: [String] { (arguments ?? []).flatMap { $0.names ?? [] }.filter { $0.kind == "long" }.map(\.name) }
    }

    private let document: String
    private let root: Command

    init() throws {
        struct Help: Decodable { var command: Command }
        document = try String(contentsOfFile: "\(Binaries.checkout)/docs/cli.md", encoding: .utf8)
        root = try JSONDecoder().decode(Help.self, from: Data(Wegent._dumpHelp().utf8)).command
    }

    @Test("Every command and subcommand is described")
    func namesCommands() {
        for command in root.subcommands ?? [] {
            #expect(document.contains("wegent \(command.commandName)"), "wegent \(command.commandName)")
            for child in command.subcommands ?? [] {
                let path = "wegent \(command.commandName) \(child.commandName)"
                #expect(document.contains(path), "\(path)")
            }
        }
    }

    @Test("Every option is described, and every described option exists")
    func namesOptions() {
        func all(_ command: Command) -> [String] { command.options + (command.subcommands ?? []).flatMap(all) }
        let options = Set(all(root))
        let named = Set(document.matches(of: /(?:^|[^\w-])--([a-z][a-z-]*)/).map { String($0.1) })
        #expect(options.subtracting(named).isEmpty)
        // Options of another program, and of the argument parser itself.
        #expect(named.subtracting(options) == ["mode", "generate-completion-script"])
    }
}

import ArgumentParser
import Messages

/// `wegent approve`: allows what an agent requests.
struct ApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Allow what an agent requests.",
        discussion: """
            Examples:
              wegent approve 01a2038b-11f0
              wegent approve --conversation 01a2038b-11f0
              wegent approve --edit 01a2038b-11f0
              wegent approve --answer 'Colour=Blue' --answer 'Fruits=1,3' 01a2038b-11f0

            `wegent approvals` lists the requests and their ids. A question of an agent is answered with the number or \
            label of a choice, several separated by commas, or with any text; text in quotation marks is no choice.
            \(AnswerExitCode.help)
            """)

    @Flag(help: "Also allow later requests of this kind in the same conversation on the same device.")
    var conversation = false

    @Option(help: ArgumentHelp("One of the request's options, or a choice of its question.", valueName: "label|n"))
    var option: String?

    @Option(
        name: .customLong("answer"),
        help: ArgumentHelp("The answer to a question, by its number, subject or text.", valueName: "question=text"))
    var answers: [String] = []

    @Option(help: ArgumentHelp("Another input for the tool.", valueName: "json|@file"))
    var input: String?

    @Flag(help: "Edit the tool's input, or its command, before it is allowed.")
    var edit = false

    @Flag(help: "Print the approval as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ApprovalReference.help)
    var approval: ApprovalReference

    private var arguments: AnswerArguments {
        AnswerArguments(conversation: conversation, option: option, answers: answers, input: input, edit: edit)
    }

    func validate() throws {
        do { try arguments.check() } catch { throw ValidationError("\(error)") }
    }

    func run() async throws {
        try await AnswerExitCode.send(to: approval, try connection.gateway(), json: json) { [arguments] in
            try await arguments.body(for: $0)
        }
    }
}

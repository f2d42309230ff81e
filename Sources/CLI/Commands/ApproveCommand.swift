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

            `wegent approvals` lists the requests and their ids.
            \(AnswerExitCode.help)
            """)

    @Flag(help: "Also allow later requests of this kind in the same conversation on the same device.")
    var conversation = false

    @Flag(help: "Print the approval as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ApprovalReference.help)
    var approval: ApprovalReference

    func run() async throws {
        let answer = ApprovalRequestBody(decision: .allow, scope: conversation ? .conversation : nil)
        try await AnswerExitCode.send(answer, to: approval, try connection.gateway(), json: json)
    }
}

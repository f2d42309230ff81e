import ArgumentParser
import Messages

/// `wegent deny`: denies what an agent requests.
struct DenyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deny",
        abstract: "Deny what an agent requests; its task continues.",
        discussion: """
            Examples:
              wegent deny 01a2038b-11f0
              wegent deny 01a2038b-11f0 -m 'use the staging database'

            `wegent approvals` lists the requests and their ids.
            \(AnswerExitCode.help)
            """)

    @Option(name: .shortAndLong, help: ArgumentHelp("A reason, which the agent receives.", valueName: "text"))
    var message: String?

    @Flag(help: "Print the approval as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ApprovalReference.help)
    var approval: ApprovalReference

    func run() async throws {
        let answer = ApprovalRequestBody(decision: .deny, message: message.nonEmpty)
        try await AnswerExitCode.send(answer, to: approval, try connection.gateway(), json: json)
    }
}

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

    @Option(help: ArgumentHelp("One of the request's options that deny it.", valueName: "label|n"))
    var option: String?

    @Flag(help: "Print the approval as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: ApprovalReference.help)
    var approval: ApprovalReference

    func run() async throws {
        try await AnswerExitCode.send(to: approval, try connection.gateway(), json: json) { [message, option] asked in
            guard let option else { return ApprovalRequestBody(decision: .deny, message: message.nonEmpty) }
            let chosen = try asked.option(option)
            guard chosen.decision != .allow else {
                throw CommandError("the option '\(chosen.label)' allows the request; use `wegent approve`")
            }
            return ApprovalRequestBody(message: message.nonEmpty, option: chosen.id)
        }
    }
}

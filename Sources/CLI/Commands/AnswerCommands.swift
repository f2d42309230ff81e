import ArgumentParser
import Messages

/// `wegent approve`: allows what an agent asks for.
struct ApproveCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "approve",
        abstract: "Allow what an agent asks for.",
        discussion: """
            Examples:
              wegent approve 01a2038b-11f0
              wegent approve --conversation 01a2038b-11f0    the like of it in this conversation as well

            APPROVAL is an id from `wegent approvals` or the beginning of one.
            \(AnswerExit.help)
            """)

    @Flag(help: "Allow it in this conversation from now on, on this device.")
    var conversation = false

    @Flag(help: "Print the approval as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Which.")
    var approval: ApprovalReference

    func run() async throws {
        let asked = ApprovalAsked(decision: .allow, scope: conversation ? .conversation : .once)
        try await AnswerExit.answer(approval, asked, try connection.backend(), json: json)
    }
}

/// `wegent deny`: denies it.
struct DenyCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "deny",
        abstract: "Deny what an agent asks for; it goes on without.",
        discussion: """
            Examples:
              wegent deny 01a2038b-11f0
              wegent deny 01a2038b-11f0 -m 'use the staging database'

            APPROVAL is an id from `wegent approvals` or the beginning of one.
            \(AnswerExit.help)
            """)

    @Option(name: .shortAndLong, help: "What the agent is told.")
    var message: String?

    @Flag(help: "Print the approval as JSON.")
    var json = false

    @OptionGroup var connection: ConnectionOptions

    @Argument(help: "Which.")
    var approval: ApprovalReference

    func run() async throws {
        let asked = ApprovalAsked(decision: .deny, message: message.nonEmpty)
        try await AnswerExit.answer(approval, asked, try connection.backend(), json: json)
    }
}

/// How `approve` and `deny` end: a script can tell a request that never was from one that somebody else has answered.
enum AnswerExit {
    static let help =
        "Exit code: 0 done, 3 no such approval, 4 somebody was first, 5 nobody waits any more, 1 otherwise."

    /// The exit code of a refusal; nil = none of its own.
    static func code(_ refusal: Refusal) -> Int32? {
        switch refusal.code {
        case .approvalNotFound: 3
        case .approvalResolved: 4
        case .approvalAbandoned: 5
        default: nil
        }
    }

    /// Gives the answer and says so.
    /// - Throws: `ExitCode` of ``code(_:)`` after the sentence was told.
    static func answer(_ reference: ApprovalReference, _ asked: ApprovalAsked, _ backend: Backend, json: Bool)
        async throws
    {
        do {
            let approval = try await backend.answer(try await reference.find(backend), asked)
            if json { return try Output.json(approval) }
            let how = ApprovalText.resolution(
                state: approval.state, scope: approval.scope, by: nil, message: approval.message)
            let more = approval.scope == .conversation ? "; the rule there: \(ApprovalText.rule(approval))" : ""
            Output.notice("\(ApprovalText.title(approval)) is \(PlainSight.line(how))\(more)")
        } catch let refusal as Refusal {
            guard let code = code(refusal) else { throw refusal }
            Output.notice("error: \(refusal)")
            throw ExitCode(code)
        }
    }
}

import ArgumentParser
import Messages

/// The exit codes of `approve` and `deny`, which let a script distinguish why an answer was not accepted.
enum AnswerExitCode {
    static let help = """
        Exit code: 0 answered, 3 no such approval, 4 already answered, 5 withdrawn by the agent, 1 other error, \
        64 wrong use.
        """

    /// Returns the exit code of an error; nil for errors that exit with 1.
    static func code(_ error: GatewayError) -> Int32? {
        switch error.code {
        case .approvalNotFound: 3
        case .approvalResolved: 4
        case .approvalAbandoned: 5
        default: nil
        }
    }

    /// Sends an answer and prints the result.
    /// - Throws: `ExitCode` of ``code(_:)``, after the error was printed.
    static func send(
        to reference: ApprovalReference, _ gateway: GatewayClient, json: Bool,
        _ answer: (ApprovalView) async throws -> ApprovalRequestBody
    ) async throws {
        do {
            let asked = try await reference.find(gateway)
            var approval = try await gateway.answer(asked, try await answer(asked))
            if json { return try Output.json(approval) }
            // The reader of this message has answered.
            approval.resolvedBy = nil
            let resolution = ApprovalText.resolution(approval)
            let rule = approval.scope == .conversation ? "; this allows \(ApprovalText.rule(approval))" : ""
            Output.notice("\(ApprovalText.title(approval)) is \(TerminalEscaping.line(resolution))\(rule)")
        } catch let error as GatewayError {
            guard let code = code(error) else { throw error }
            Output.notice("error: \(error)")
            throw ExitCode(code)
        }
    }
}

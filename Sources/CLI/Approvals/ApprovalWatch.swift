import Messages

/// `wegent approvals --watch`: each permission request when it comes, and how it was resolved.
struct ApprovalWatch: Sendable {
    /// Between two questions to the gateway: a person takes longer to answer than this.
    private static let pause: Duration = .seconds(1)
    /// How many resolved ones are remembered; older ones do not come up again.
    private static let remembered = 4096

    let backend: Backend
    let limit: Int
    let all: Bool
    let json: Bool

    /// Goes on until the process is ended.
    /// - Throws: ``Refusal``, ``Unreachable``; what may pass, such as a gateway that is being replaced, only when it
    ///   stays so for about a minute.
    func run() async throws {
        var (known, plan) = ([ApprovalID: ApprovalState](), RetryPlan())
        var isFirst = true
        while true {
            do {
                // Resolved ones are asked for as well: how a request ended is news. Those that wait may be older than these.
                var newest = try await backend.approvals(state: "all", limit: 200).items
                let waiting = try await backend.approvals(state: "pending", limit: 200).items
                newest += waiting.filter { one in !newest.contains { $0.id == one.id } }
                plan.succeeded()
                let news = Self.news(newest, &known, isFirst: isFirst, all: all, limit: limit)
                for approval in news { try tell(approval) }
                if known.count > Self.remembered { known = known.filter { id, _ in newest.contains { $0.id == id } } }
                isFirst = false
            } catch let error as Unreachable {
                try await wait(&plan, error)
            } catch let error as Refusal where error.status >= 500 || error.status == 429 {
                try await wait(&plan, error)
            }
            try await Task.sleep(for: Self.pause)
        }
    }

    /// Waits before the next try.
    /// - Throws: `error` when there were enough.
    private func wait(_ plan: inout RetryPlan, _ error: any Error) async throws {
        guard let pause = plan.failed() else { throw error }
        if plan.failures == 1 { Output.notice("the connection was lost, trying again") }
        try await Task.sleep(for: pause)
    }

    /// What is new, the oldest first.
    /// - Parameter known: What was told, and is told now.
    static func news(
        _ newest: [ApprovalView], _ known: inout [ApprovalID: ApprovalState], isFirst: Bool, all: Bool, limit: Int
    ) -> [ApprovalView] {
        var news: [ApprovalView] = []
        for approval in newest where known[approval.id] != approval.state {
            let wasKnown = known.updateValue(approval.state, forKey: approval.id) != nil
            // At the start the past is told only to who asks for it.
            if approval.state == .pending || wasKnown || !isFirst || all { news.append(approval) }
        }
        return (isFirst ? Array(news.prefix(limit)) : news).reversed()
    }

    private func tell(_ approval: ApprovalView) throws {
        if json { return try Output.json(approval) }
        let terminal = Terminal.current
        let how =
            approval.state == .pending
            ? ApprovalText.state(approval, now: .now())
            : ApprovalText.resolution(
                state: approval.state, scope: approval.scope, by: approval.resolvedBy, message: approval.message)
        let line = [
            approval.id.description, ApprovalText.device(approval), ApprovalText.title(approval), PlainSight.line(how),
        ].joined(separator: "  ")
        Output.write((approval.state == .pending ? terminal.paint.bold(line) : terminal.paint.dim(line)) + "\n")
    }
}

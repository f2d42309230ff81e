import Messages

/// `wegent approvals --watch`: prints each permission request when it arrives, and its resolution.
struct ApprovalWatch: Sendable {
    /// The interval of polling the gateway.
    private static let pollInterval: Duration = .seconds(1)
    /// The number of requests to remember the state of; beyond it, those that left the gateway's newest page are dropped.
    private static let maxKnown = 4096

    let gateway: GatewayClient
    let limit: Int
    let all: Bool
    let json: Bool

    /// Polls until the process ends. Retries temporary errors for about a minute.
    /// - Throws: ``GatewayError``, ``ConnectionError``.
    func run() async throws {
        var (known, plan) = ([ApprovalID: ApprovalState](), RetryPlan())
        var isFirst = true
        while true {
            do {
                // All states, to notice resolutions; pending ones again, since they may be older than the newest 200.
                var newest = try await gateway.approvals(state: "all", limit: 200).items
                let pending = try await gateway.approvals(state: "pending", limit: 200).items
                newest += pending.filter { one in !newest.contains { $0.id == one.id } }
                plan.succeeded()
                let changes = Self.changes(newest, &known, isFirst: isFirst, all: all, limit: limit)
                for approval in changes { try show(approval) }
                if known.count > Self.maxKnown { known = known.filter { id, _ in newest.contains { $0.id == id } } }
                isFirst = false
            } catch let error as ConnectionError {
                try await wait(&plan, error)
            } catch let error as GatewayError where error.isTemporary {
                try await wait(&plan, error)
            }
            try await Task.sleep(for: Self.pollInterval)
        }
    }

    /// Waits before the next retry.
    /// - Throws: `error` after the last retry.
    private func wait(_ plan: inout RetryPlan, _ error: any Error) async throws {
        guard let pause = plan.failed() else { throw error }
        if plan.failures == 1 { Output.notice("the connection to the gateway was lost; trying again") }
        try await Task.sleep(for: pause)
    }

    /// Returns requests that are new or have changed, oldest first.
    /// - Parameters:
    ///   - known: The state in which each request was last shown; updated.
    ///   - isFirst: The first poll, which skips resolved requests unless `all` is set, and returns at most `limit`.
    static func changes(
        _ newest: [ApprovalView], _ known: inout [ApprovalID: ApprovalState], isFirst: Bool, all: Bool, limit: Int
    ) -> [ApprovalView] {
        var changes: [ApprovalView] = []
        for approval in newest where known[approval.id] != approval.state {
            let wasKnown = known.updateValue(approval.state, forKey: approval.id) != nil
            if approval.state == .pending || wasKnown || !isFirst || all { changes.append(approval) }
        }
        return (isFirst ? Array(changes.prefix(limit)) : changes).reversed()
    }

    private func show(_ approval: ApprovalView) throws {
        if json { return try Output.json(approval) }
        let terminal = Terminal.current
        let isPending = approval.state == .pending
        let state =
            isPending
            ? ApprovalText.state(approval, now: .now())
            : ApprovalText.resolution(approval)
        let line = [
            approval.id.description, ApprovalText.device(approval), ApprovalText.title(approval),
            TerminalEscaping.line(state),
        ].joined(separator: "  ")
        Output.write((isPending ? terminal.style.bold(line) : terminal.style.dim(line)) + "\n")
    }
}

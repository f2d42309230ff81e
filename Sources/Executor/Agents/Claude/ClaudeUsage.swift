import Messages

/// What each turn of a process costs; Claude Code counts from its start.
struct ClaudeUsage {
    private var cost = 0.0

    /// Claude Code begins to count anew.
    mutating func reset() { cost = 0 }

    /// The turn's share.
    mutating func event(of result: ClaudeResult) -> AgentEvent {
        var payload = UsagePayload(
            inputTokens: result.usage?.input, outputTokens: result.usage?.output,
            cacheReadTokens: result.usage?.cacheRead, cacheCreationTokens: result.usage?.cacheCreation,
            turns: result.turns, duration: result.milliseconds.map { Int($0) })
        if let total = result.totalCost {
            payload.cost = ((max(0, total - cost)) * 1e6).rounded() / 1e6
            cost = total
        }
        return AgentEvent(.usage, payload)
    }
}

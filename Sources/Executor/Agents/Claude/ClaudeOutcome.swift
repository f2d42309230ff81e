import Messages

/// How a turn of Claude Code ended, from its result and what was said before.
struct ClaudeOutcome {
    /// The variable or helper that the key came from, as `system/init` says; nil = unknown.
    var keySource: String?

    /// The outcome of a turn, and the reset of a usage limit that ended it.
    func read(_ result: ClaudeResult, limit: ClaudeLimit, refusal: String?, login: String?) -> (TurnOutcome, Timestamp?)
    {
        if let refusal { return (Self.refused(refusal), nil) }
        if let refusal = Self.refusal(in: result) { return (Self.refused(refusal), nil) }
        if isLimit(result, limit) { return usageLimit(result.summary, limit) }
        guard result.failed else { return (.completed, nil) }
        if result.apiStatus == 401 || result.apiStatus == 403 || login != nil {
            return (loginNeeded(result.summary, status: result.apiStatus), nil)
        }
        let status = result.apiStatus.map { " (the model's server answered \($0))" } ?? ""
        return (.failed(.agentFailed, "Claude Code: \(result.summary.prefix(2000))\(status)"), nil)
    }

    // MARK: A usage limit

    private func isLimit(_ result: ClaudeResult, _ limit: ClaudeLimit) -> Bool {
        if result.apiError == "usage_limit_reached" { return true }
        // Versions of 2025 report it as an answer.
        if result.text?.hasPrefix("Claude AI usage limit reached|") == true { return true }
        guard result.failed else { return false }
        return ClaudeLimit.isMeant(by: result.summary) || (result.apiStatus == 429 && limit.isHit)
    }

    /// The end of a turn by a usage limit; `words` are Claude Code's.
    func usageLimit(
        _ words: String, _ limit: ClaudeLimit, until: Timestamp? = nil, now: Timestamp = .now()
    ) -> (TurnOutcome, Timestamp?) {
        let known = until ?? limit.resetsAt ?? ResetTime.find(in: words, now: now)
        let reset = known.flatMap { $0.adding(seconds: ResetTime.lateness) > now ? $0 : nil }
        let text = words.prefix { $0 != "|" }.prefix(500)
        let when = reset.map { "; it resets at \($0)" } ?? ""
        return (.failed(.usageLimit, "Claude Code has reached its usage limit: \(text)\(when)"), reset)
    }

    // MARK: A refused prompt

    private static let blocked = "UserPromptSubmit operation blocked by hook:"

    private static func refused(_ reason: String) -> TurnOutcome {
        .failed(.promptRefused, "a hook of Claude Code on this device refused the prompt: \(reason.prefix(2000))")
    }

    /// The hook's reason, where a version without `prompt_submit_outcome` says so in its result only.
    private static func refusal(in result: ClaudeResult) -> String? {
        guard result.turns ?? 0 == 0, let text = result.text else { return nil }
        return reason(in: text)
    }

    /// The reason in the words of a blocked prompt, without the prompt; nil where `text` says something else.
    static func reason(in text: String) -> String? {
        guard text.hasPrefix(blocked) else { return nil }
        let rest = text.dropFirst(blocked.count)
        let end = rest.firstRange(of: "\n\nOriginal prompt:")?.lowerBound ?? rest.endIndex
        var reason = rest[..<end].drop { $0.isWhitespace }
        while reason.last?.isWhitespace == true { reason.removeLast() }
        return String(reason)
    }

    // MARK: Signing in

    /// The end of a turn because the model's service does not accept the login.
    func loginNeeded(_ words: String, status: Int?) -> TurnOutcome {
        let status = status.map { " (the model's server answered \($0))" } ?? ""
        return .failed(.agentLogin, "Claude Code is not signed in: \(words.prefix(500))\(status); \(advice)")
    }

    private var advice: String {
        switch keySource {
        case "ANTHROPIC_API_KEY":
            "correct the key in ANTHROPIC_API_KEY where wegent-executor is started on this device, or remove it and run "
                + "`claude /login` there"
        case "apiKeyHelper": "check apiKeyHelper in the settings of Claude Code on this device"
        default:
            "run `claude /login` on this device as the user of wegent-executor, or start wegent-executor with a valid "
                + "ANTHROPIC_API_KEY, ANTHROPIC_AUTH_TOKEN or CLAUDE_CODE_OAUTH_TOKEN"
        }
    }
}

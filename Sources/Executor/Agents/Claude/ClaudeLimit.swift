import Messages

/// What Claude Code last reported of its account's usage limit.
struct ClaudeLimit {
    /// The longest wait in seconds for which a task keeps its slot.
    static let longestWait = 60.0

    /// The reset of the limit that is hit; nil = none is, or the reset is unknown.
    private(set) var resetsAt: Timestamp?
    /// Whether requests are refused because of it.
    private(set) var isHit = false
    /// The limit's name for people.
    private(set) var name = "usage limit"

    private static let names = [
        "five_hour": "5-hour limit", "seven_day": "weekly limit", "seven_day_opus": "weekly Opus limit",
        "seven_day_sonnet": "weekly Sonnet limit", "overage": "limit of extra usage",
    ]

    /// Takes in `rate_limit_info`.
    mutating func note(_ info: JSONValue) {
        name = info["rateLimitType"]?.string.flatMap { Self.names[$0] } ?? "usage limit"
        isHit = info["status"]?.string == "rejected" && info["isUsingOverage"] != .bool(true)
        let times = [info["resetsAt"], info["overageResetsAt"]].compactMap { $0?.number }
        resetsAt = isHit ? times.first.flatMap(Self.moment) : nil
    }

    /// A warning before the limit is hit; nil = there is none.
    static func warning(_ info: JSONValue) -> String? {
        guard info["status"]?.string == "allowed_warning" else { return nil }
        let name = info["rateLimitType"]?.string.flatMap { names[$0] } ?? "usage limit"
        let share = info["utilization"]?.number.map { "\(Int((min($0, 10) * 100).rounded())) % of " } ?? "most of "
        let reset = info["resetsAt"]?.number.flatMap(moment).map { "; it resets at \($0)" } ?? ""
        return "\(share)the account's \(name) is used\(reset)"
    }

    /// Seconds since 1970 as a moment; nil where the number cannot be one.
    static func moment(_ seconds: Double) -> Timestamp? {
        // Some versions count milliseconds.
        let seconds = seconds > 1e11 ? seconds / 1000 : seconds
        guard seconds > 1e9, seconds < 1e11 else { return nil }
        return Timestamp(milliseconds: Int64(seconds * 1000))
    }

    /// Whether the text of a failed turn says that a usage limit is hit.
    static func isMeant(by text: String) -> Bool {
        let text = text.lowercased()
        if text.contains("usage limit reached") || text.contains("limit reached ∙ resets") { return true }
        return text.contains("you've hit your") && text.contains("limit")
    }
}

import Messages

/// What Claude Code says of itself, as `log` events: retries, hooks, compaction, fallbacks, background work.
struct ClaudeNotices {
    /// The longest text of a log event in bytes; the rest is cut.
    static let longest = 4 << 10
    private static let source = "claude-code"

    /// Lines that the executor uses otherwise, or that only a screen of Claude Code needs.
    private static let silent: Set<String> = [
        "active_goal", "api_metrics", "auth_status", "autocompact_state", "command_lifecycle", "prompt_suggestion",
        "tool_progress", "tool_use_summary", "system/background_tasks_changed", "system/commands_changed",
        "system/files_persisted", "system/hook_progress", "system/hook_started", "system/init",
        "system/post_turn_summary", "system/session_metadata", "system/session_state_changed",
        "system/session_title_changed", "system/task_progress", "system/task_started", "system/task_updated",
        "system/thinking_tokens", "system/turn_duration", "system/turn_starting", "system/vcs_state_changed",
        "system/permission_check_status", "system/shell_cwd", "system/file_snapshot",
    ]

    /// Background work by its id, with its description.
    private var background: [String: String] = [:]
    /// Whether a subagent works in the background.
    private(set) var hasBackgroundAgent = false

    /// Returns the events of a line that is no message, no event of the model and no result.
    mutating func read(_ line: ClaudeLine) -> [AgentEvent] {
        let name = line.subtype.map { "\(line.type)/\($0)" } ?? line.type
        guard let raw = line.raw else { return [Self.unknown(name)] }
        switch name {
        case "system/api_retry": return [Self.retry(raw, subject: "request to the model")]
        case "tool_progress":
            return raw["subagent_retry"].map { [Self.retry($0, subject: "subagent's request to the model")] } ?? []
        case "system/status": return Self.status(raw)
        case "system/compact_boundary": return [Self.compacted(raw)]
        case "conversation_reset":
            return [
                Self.log("notice", "Claude Code cleared the conversation; it knows nothing of what was said before")
            ]
        case "system/informational": return Self.informational(raw)
        case "system/notification", "system/local_command", "system/local_command_output":
            return Self.text(raw["text"] ?? raw["content"], "notice")
        case "system/hook_response": return [Self.hook(raw)]
        case "system/permission_denied": return [Self.denied(raw)]
        case "system/task_notification": return ended(raw)
        case "system/background_tasks_changed":
            follow(raw)
            return []
        case "rate_limit_event":
            return ClaudeLimit.warning(raw["rate_limit_info"] ?? .null).map { [Self.log("warning", $0)] } ?? []
        case _ where Self.warnings.contains(name):
            let events = Self.text(raw["content"] ?? raw["message"] ?? raw["error"], "warning")
            return events.isEmpty ? [Self.unknown(name, raw)] : events
        default: return Self.silent.contains(name) ? [] : [Self.unknown(name, raw)]
        }
    }

    private static let warnings: Set<String> = [
        "system/model_fallback", "system/model_consent_fallback", "system/model_refusal_fallback",
        "system/model_refusal_no_fallback", "system/mirror_error", "system/session_writes_lost",
        "system/file_attachments_missing", "system/instruction_size_warning",
    ]

    // MARK: Retries

    private static func retry(_ raw: JSONValue, subject: String) -> AgentEvent {
        func whole(_ key: String) -> Int? { raw[key]?.number.map { Int(min(max($0, 0), 1e15)) } }
        let wait = raw["retry_delay_ms"]?.number.map { max(0, $0 / 1000) }
        let status = whole("error_status")
        let attempt = whole("attempt") ?? 1
        let number = whole("max_retries").map { "\(attempt) of \($0)" } ?? "\(attempt)"
        let why = raw["error"]?.string ?? raw["error_category"]?.string
        let cause = [status.map { "status \($0)" } ?? "no response", why == "unknown" ? nil : why].compactMap { $0 }
        let pause = wait.map { " in \(seconds($0))" } ?? ""
        let retry = ModelRetry(attempt: attempt, of: whole("max_retries"), status: status, waitS: wait)
        return log(
            "warning", "the \(subject) failed (\(cause.joined(separator: ", "))); retry \(number)\(pause)", retry: retry
        )
    }

    private static func seconds(_ time: Double) -> String {
        time < 120 ? "\((time * 10).rounded() / 10) s" : "\(Int(time / 60)) min"
    }

    // MARK: Compaction and local commands

    private static func status(_ raw: JSONValue) -> [AgentEvent] {
        if raw["status"]?.string == "compacting" {
            // It repeats itself while the summary is written.
            return raw["compact_output_chars"]?.number ?? 0 > 0
                ? [] : [log("notice", "Claude Code is compacting the conversation")]
        }
        guard raw["compact_result"]?.string == "failed" else { return [] }
        let why = raw["compact_error"]?.string.map { ": \($0)" } ?? ""
        return [log("warning", "the conversation was not compacted\(why)")]
    }

    private static func compacted(_ raw: JSONValue) -> AgentEvent {
        let facts = raw["compact_metadata"]
        func tokens(_ key: String) -> String? { facts?[key]?.number.map { "\(Int(min(max($0, 0), 1e15)))" } }
        let cause = facts?["trigger"]?.string.map { " (\($0))" } ?? ""
        let sizes = tokens("pre_tokens").map { from in
            ": \(from) tokens" + (tokens("post_tokens").map { " became \($0)" } ?? "")
        }
        return log("notice", "Claude Code replaced the conversation so far by a summary\(cause)\(sizes ?? "")")
    }

    private static func informational(_ raw: JSONValue) -> [AgentEvent] {
        let level = raw["level"]?.string
        return text(raw["content"], level == "warning" ? "warning" : level == "info" ? "debug" : "notice")
    }

    // MARK: Hooks and refusals

    private static func hook(_ raw: JSONValue) -> AgentEvent {
        let name = raw["hook_name"]?.string ?? "a hook"
        let code = raw["exit_code"]?.number.map { Int(min(max($0, -1e6), 1e6)) }
        let outputs = [raw["stderr"], raw["stdout"], raw["output"]].compactMap { $0?.string }
        let said = outputs.first { !$0.isEmpty }.map { ": \($0)" } ?? ""
        let isFine = raw["outcome"]?.string ?? "success" == "success" && code ?? 0 == 0
        if isFine { return log("debug", "the hook \(name) ran\(said)") }
        return log("warning", "the hook \(name) failed\(code.map { " (exit status \($0))" } ?? "")\(said)")
    }

    private static func denied(_ raw: JSONValue) -> AgentEvent {
        let tool = raw["tool_name"]?.string ?? "a tool"
        let why = raw["decision_reason"]?.string ?? raw["message"]?.string
        return log("notice", "Claude Code denied \(tool) without a question\(why.map { ": \($0)" } ?? "")")
    }

    // MARK: Background work

    private mutating func follow(_ raw: JSONValue) {
        let tasks = raw["tasks"]?.array ?? []
        background = [:]
        for task in tasks {
            guard let id = task["task_id"]?.string else { continue }
            background[id] = task["description"]?.string ?? task["task_type"]?.string ?? "background work"
        }
        hasBackgroundAgent = tasks.contains { $0["task_type"]?.string != "local_bash" }
    }

    private func ended(_ raw: JSONValue) -> [AgentEvent] {
        guard let id = raw["task_id"]?.string, let what = background[id] else { return [] }
        let how = raw["status"]?.string ?? "ended"
        return [Self.log(how == "failed" ? "warning" : "notice", "background work \(how): \(what)")]
    }

    // MARK: Events

    /// A line of a kind that this version does not know, whole up to ``longest``.
    static func unknown(_ name: String, _ raw: JSONValue? = nil) -> AgentEvent {
        log("debug", "\(name) \(raw.map { String(decoding: $0.bytes.prefix(longest), as: UTF8.self) } ?? "")")
    }

    /// A line that is no JSON object.
    static func unreadable(_ line: [UInt8]) -> AgentEvent {
        log("debug", "a line that is not JSON: \(String(decoding: line.prefix(longest), as: UTF8.self))")
    }

    private static func text(_ value: JSONValue?, _ level: String) -> [AgentEvent] {
        guard let text = value?.string, !text.isEmpty else { return [] }
        return [log(level, text)]
    }

    static func log(
        _ level: String, _ text: String, superseded: [String] = [], retry: ModelRetry? = nil
    ) -> AgentEvent {
        let isLong = text.utf8.count > longest
        let message = isLong ? String(decoding: text.utf8.prefix(longest), as: UTF8.self) + "…" : text
        return AgentEvent(
            .log, LogPayload(level: level, message: message, source: source, superseded: superseded, retry: retry))
    }
}

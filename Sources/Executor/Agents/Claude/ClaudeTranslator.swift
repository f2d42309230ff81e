import Messages

/// Turns Claude Code's output into events of the Agent Client Protocol's shape. A value: no process is needed.
///
/// Text comes twice, as deltas while it streams and then as a whole message; text that has streamed is not emitted
/// again.
struct ClaudeTranslator {
    /// What a line means.
    enum Output: Equatable {
        case event(AgentEvent)
        /// The session's id, to resume it by.
        case session(String)
        /// A permission request.
        case permission(String, ControlRequest)
        /// A permission request no longer needs an answer.
        case withdrawn(String)
        /// A request of unknown type; it must be refused, or Claude Code waits.
        case unknownRequest(String)
        /// A reply to one of our requests.
        case answered
        /// Claude Code retries, or waits for, what will not heal soon. The turn must be interrupted; its result then has the
        /// real outcome, which is ``verdict`` as well.
        case hopeless
        case ended(Ending)
    }

    /// The end of a turn.
    struct Ending: Equatable {
        var outcome: TurnOutcome
        /// The session to resume does not exist.
        var isUnknownSession = false
        /// The session knows the turn.
        var isKnown = false
        /// What has started the turn, such as `task-notification`; nil = a message of the user.
        var origin: String?
        /// When a usage limit that ended the turn is reset; nil = there is none, or its reset is unknown.
        var retryAt: Timestamp?
    }

    /// Refusals of the login in a row after which no more are waited for: the first may be healed by a refreshed token.
    private static let refusals = 2

    /// Lines that mean nothing here.
    private(set) var ignored = 0
    /// How the turn ends, decided before Claude Code says so.
    private(set) var verdict: Ending?

    private var blocks = ClaudeBlocks()
    private var calls = ClaudeCalls()
    private var notices = ClaudeNotices()
    private var limit = ClaudeLimit()
    private var outcome = ClaudeOutcome()
    /// Claude Code's report of a failed request, until it is clear whether the turn ends with it.
    private var failure: String?
    /// The failure's kind, where it concerns the login.
    private var login: String?
    /// Why the prompt was refused.
    private var refusal: String?
    /// Whether the model has written something in this turn.
    private var hasAnswered = false
    private var loginRefusals = 0
    private var usage = ClaudeUsage()

    /// Returns what `line` means, in order.
    mutating func read(_ line: ClaudeLine) -> [Output] {
        switch line.type {
        case "stream_event": return events(line.event.map { stream($0, parent: line.parent) })
        case "assistant": return events(line.message.map { assistant($0, line) })
        case "user": return events(line.message.map { user($0, line) })
        case "result": return line.result.map { end($0) } ?? ignore()
        case "control_request": return control(line)
        case "control_cancel_request": return line.requestID.map { [.withdrawn($0)] } ?? []
        case "control_response": return [.answered]
        case "keep_alive": return []
        default: return other(line)
        }
    }

    /// Takes in a line that could not be decoded.
    mutating func ignore(_ line: [UInt8] = []) -> [Output] {
        ignored += 1
        return line.isEmpty ? [] : [.event(ClaudeNotices.unreadable(line))]
    }

    /// Ends what is open where no result will come.
    mutating func close() -> [AgentEvent] { flush() + calls.close() }

    private mutating func events(_ events: [AgentEvent]?) -> [Output] {
        guard let events else { return ignore() }
        return events.map(Output.event)
    }

    private func control(_ line: ClaudeLine) -> [Output] {
        guard let id = line.requestID else { return [] }
        guard let request = line.request, request.subtype == "can_use_tool" else { return [.unknownRequest(id)] }
        return [.permission(id, request)]
    }

    // MARK: Streamed text

    private mutating func stream(_ event: ModelEvent, parent: String?) -> [AgentEvent] {
        switch event.type {
        case "message_start":
            if parent == nil { (hasAnswered, loginRefusals) = (true, 0) }
            return flush() + abandon(blocks.begin(event.message?.id, of: parent))
        case "content_block_start":
            guard let block = event.block else { return [] }
            let call = block.type.hasSuffix("tool_use") ? block.id : nil
            blocks.open(block.type, call: call, at: event.index, of: parent)
            return block.type == "tool_use" ? calls.announce(block, parent: parent) : []
        case "content_block_delta":
            if event.delta?.type == "text_delta", let text = event.delta?.text, !text.isEmpty {
                return chunk(.agentMessageChunk, text, blocks.text("text", at: event.index, of: parent), parent)
            }
            if event.delta?.type == "thinking_delta", let text = event.delta?.thinking, !text.isEmpty {
                return chunk(.agentThoughtChunk, text, blocks.text("thinking", at: event.index, of: parent), parent)
            }
            return []
        case "message_stop":
            blocks.stop(of: parent)
            return []
        default: return []
        }
    }

    private func chunk(_ kind: EventKind, _ text: String, _ id: String?, _ parent: String?) -> [AgentEvent] {
        guard !text.isEmpty else { return [] }
        let meta = id == nil && parent == nil ? nil : PayloadMeta(parentToolCall: parent, message: id)
        return TextSplitter.pieces(of: text).map { AgentEvent(kind, TextPayload($0, meta: meta)) }
    }

    /// What was shown of a message that is asked for again.
    private mutating func abandon(_ rest: ClaudeBlocks.Abandoned) -> [AgentEvent] {
        calls.abandon(rest.calls) + Self.superseded(rest.texts, "the model's message was cut off; it begins anew")
    }

    private static func superseded(_ texts: [String], _ why: String) -> [AgentEvent] {
        texts.isEmpty ? [] : [ClaudeNotices.log("warning", why, superseded: texts)]
    }

    // MARK: Whole messages

    private mutating func assistant(_ message: ClaudeMessage, _ line: ClaudeLine) -> [AgentEvent] {
        let parent = line.parent
        if let remarks = line.remarks, remarks.isAPIError { return report(message, remarks, parent) }
        if parent == nil { hasAnswered = true }
        var events = flush() + retract(line.remarks)
        // A message that did not stream takes the place of one that was cut off.
        if blocks.isOther(message.id, of: parent) { events += abandon(blocks.abandon(of: parent)) }
        return events
            + message.content.flatMap { block -> [AgentEvent] in
                let call = block.type.hasSuffix("tool_use") ? block.id : nil
                let (id, hasStreamed) = blocks.confirm(
                    block.type, call: call, message: message.id, line: line.remarks?.uuid, of: parent)
                switch block.type {
                case "text": return hasStreamed ? [] : chunk(.agentMessageChunk, block.text ?? "", id, parent)
                case "thinking": return hasStreamed ? [] : chunk(.agentThoughtChunk, block.thinking ?? "", id, parent)
                case "tool_use", "server_tool_use", "mcp_tool_use": return calls.start(block, parent: parent)
                default: return []
                }
            }
    }

    /// Claude Code's report of a failed request. The main agent's is kept back: the turn's end says the same.
    private mutating func report(
        _ message: ClaudeMessage, _ remarks: ClaudeRemarks, _ parent: String?
    ) -> [AgentEvent] {
        let text = message.content.compactMap(\.text).joined(separator: "\n")
        if let info = remarks.limit { limit.note(info) }
        guard parent == nil else { return [ClaudeNotices.log("warning", "a subagent's request failed: \(text)")] }
        let events = flush()
        failure = text
        if let error = remarks.error, ["authentication_failed", "oauth_org_not_allowed"].contains(error) {
            login = error
        }
        return events
    }

    /// Emits a kept report, since the turn goes on.
    private mutating func flush() -> [AgentEvent] {
        guard let text = failure else { return [] }
        (failure, login) = (nil, nil)
        return [ClaudeNotices.log("warning", text)]
    }

    private func retract(_ remarks: ClaudeRemarks?) -> [AgentEvent] {
        Self.superseded(blocks.texts(ofLines: remarks?.retracted ?? []), "Claude Code took back what was said")
    }

    // MARK: Results of tools, and what Claude Code tells the model

    private mutating func user(_ message: ClaudeMessage, _ line: ClaudeLine) -> [AgentEvent] {
        var events = line.parent == nil ? flush() : []
        events += retract(line.remarks)
        if let refused = line.remarks?.refusedMessage {
            events += Self.superseded(
                blocks.texts(ofMessage: refused), "the model's message was stopped; it is asked again")
        }
        if line.remarks?.isSynthetic == true { events += abandon(blocks.abandonStopped(of: line.parent)) }
        return events
            + message.content.flatMap { block -> [AgentEvent] in
                if block.type == "text", line.parent == nil { return told(block.text ?? "", line) }
                return calls.end(block, parent: line.parent)
            }
    }

    private func told(_ text: String, _ line: ClaudeLine) -> [AgentEvent] {
        if let output = ClaudeCommand.output(in: text) {
            return chunk(.agentMessageChunk, output, line.remarks?.uuid.map { "\($0):0" }, nil)
        }
        if let output = ClaudeCommand.errors(in: text) { return [ClaudeNotices.log("warning", output)] }
        guard line.remarks?.isSynthetic == true else { return [] }
        if text.hasPrefix("This session is being continued") { return [ClaudeNotices.log("debug", text)] }
        return [ClaudeNotices.log("notice", "Claude Code told the model: \(text)")]
    }

    // MARK: What Claude Code says of itself

    private mutating func other(_ line: ClaudeLine) -> [Output] {
        let raw = line.raw ?? .null
        switch (line.type, line.subtype) {
        case ("system", "init"):
            outcome.keySource = raw["apiKeySource"]?.string
            return line.session.map { [.session($0)] } ?? []
        case ("system", "api_retry"): return retry(line, raw)
        case ("system", "informational") where !hasAnswered && isRefusal(raw):
            refusal = raw["prompt_submit_outcome"]?["reason"]?.string ?? Self.reason(raw)
            return []
        case ("system", "model_refusal_fallback"):
            let lines = raw["retracted_message_uuids"]?.array?.compactMap(\.string) ?? []
            return read(notice: line) + superseded(lines: lines)
        case ("tombstone", _): return superseded(lines: [raw["message"]?["uuid"]?.string].compactMap { $0 })
        case ("conversation_reset", _): usage.reset()
        case ("rate_limit_event", _): limit.note(raw["rate_limit_info"] ?? .null)
        default: break
        }
        return read(notice: line)
    }

    private mutating func read(notice line: ClaudeLine) -> [Output] { notices.read(line).map(Output.event) }

    private func superseded(lines: [String]) -> [Output] {
        Self.superseded(blocks.texts(ofLines: lines), "Claude Code took back what was said").map(Output.event)
    }

    private func isRefusal(_ raw: JSONValue) -> Bool {
        raw["prompt_submit_outcome"] != nil || ClaudeOutcome.reason(in: raw["content"]?.string ?? "") != nil
    }

    private static func reason(_ raw: JSONValue) -> String {
        let text = raw["content"]?.string ?? ""
        return ClaudeOutcome.reason(in: text) ?? text
    }

    /// A retry, and whether there is hope.
    private mutating func retry(_ line: ClaudeLine, _ raw: JSONValue) -> [Output] {
        let events = (flush() + abandon(blocks.abandonStopped(of: nil))).map(Output.event) + read(notice: line)
        guard verdict == nil else { return events }
        let status = raw["error_status"]?.number.flatMap { Int(exactly: $0) }
        let wait = (raw["retry_delay_ms"]?.number ?? 0) / 1000
        loginRefusals = status == 401 || status == 403 ? loginRefusals + 1 : 0
        if loginRefusals >= Self.refusals {
            let words = "the model's service does not accept its login"
            verdict = Ending(outcome: outcome.loginNeeded(words, status: status))
        } else if status == 429, max(wait, limit.resetsAt?.seconds(since: .now()) ?? 0) > ClaudeLimit.longestWait {
            let until = limit.resetsAt ?? Timestamp.now().adding(seconds: wait)
            let (end, reset) = outcome.usageLimit("its \(limit.name) is used up", limit, until: until)
            verdict = Ending(outcome: end, retryAt: reset)
        }
        return verdict == nil ? events : events + [.hopeless]
    }

    // MARK: The end of the turn

    private mutating func end(_ result: ClaudeResult) -> [Output] {
        if result.isUnknownSession {
            return [.ended(Ending(outcome: .failed(.agentFailed, result.summary), isUnknownSession: true))]
        }
        var events: [AgentEvent] = []
        let login = login
        if let failure, !result.failed || !result.summary.contains(failure) { events += flush() }
        events += calls.close(keepingSubagents: notices.hasBackgroundAgent)
        // A turn that only takes notice of what was cut off before asks the model nothing.
        let isEmpty = refusal != nil || (result.origin != nil && result.turns ?? 0 == 0)
        if !isEmpty { events.append(usage.event(of: result)) }
        var ending = result.failed ? verdict : nil
        if ending == nil {
            let (end, reset) = outcome.read(result, limit: limit, refusal: refusal, login: login)
            ending = Ending(outcome: end, retryAt: reset)
        }
        ending?.origin = result.origin
        blocks.endTurn()
        (failure, self.login, refusal, verdict, hasAnswered, loginRefusals) = (nil, nil, nil, nil, false, 0)
        return events.map(Output.event) + (ending.map { [.ended($0)] } ?? [])
    }
}

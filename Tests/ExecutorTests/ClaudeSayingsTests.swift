import Foundation
import Messages
import Testing

@testable import Executor

@Suite("What Claude Code 2.1.332 says of itself, recorded, as events")
struct ClaudeSayingsTests {
    // MARK: Retries

    @Test("A retry is a log event with its attempt, status and wait")
    func showsRetries() throws {
        let reading = try ClaudeReading(recording: "retried")
        let retries = reading.all(.log).compactMap { $0["_meta"]?["retry"] }
        #expect(retries.map { $0["attempt"] } == [1, 2])
        #expect(retries.map { $0["status"] } == [529, 500])
        #expect(retries.allSatisfy { $0["of"] == 10 && $0["wait_s"]?.number ?? 0 > 0.4 })
        #expect(reading.logs("warning").first?.contains("status 529, overloaded") == true)
        #expect(reading.endings.map(\.outcome) == [.completed])
    }

    @Test("A subagent's retry is a log event")
    func showsSubagentRetry() throws {
        let reading = try ClaudeReading(recording: "subagent")
        let retries = reading.all(.log).compactMap { $0["_meta"]?["retry"] }
        let retry = try #require(retries.first)
        #expect(retry["status"] == 529)
        #expect(reading.logs("warning").first?.hasPrefix("the subagent's request to the model failed") == true)
        #expect(reading.calls.values.allSatisfy { $0 == "completed" })
    }

    @Test("A failure without a response is a log event without a status")
    func showsLostConnection() throws {
        let reading = try ClaudeReading(recording: "cut-text")
        let retries = reading.all(.log).compactMap { $0["_meta"]?["retry"] }
        let retry = try #require(retries.first)
        #expect(retry["attempt"] == 1)
        #expect(retry["status"] == nil)
    }

    // MARK: The login

    @Test("A key that is refused twice is hopeless, and the turn ends with what to do")
    func endsAtRefusedKey() throws {
        let reading = try ClaudeReading(recording: "login-key")
        #expect(reading.hopeless == 1)
        let fault = try #require(reading.verdict?.outcome.fault)
        #expect(fault.code == .agentLogin)
        #expect(fault.message.contains("401"))
        #expect(fault.message.contains("ANTHROPIC_API_KEY") && fault.message.contains("claude /login"))
    }

    @Test("After the interrupt a hopeless turn ends with its real outcome")
    func endsHopelessTurn() throws {
        let interrupted =
            #"{"type":"result","subtype":"error_during_execution","is_error":true,"errors":["x"],"num_turns":2}"#
        let reading = try ClaudeReading(try ClaudeReading.lines("login-key") + [interrupted])
        #expect(reading.endings.map(\.outcome.fault?.code) == [.agentLogin])
        #expect(reading.verdict == nil)
    }

    @Test("A missing login and a forbidden one end as agent_login", arguments: ["login-none", "login-forbidden"])
    func endsWithoutLogin(recording: String) throws {
        let reading = try ClaudeReading(recording: recording)
        #expect(reading.endings.map(\.outcome.fault?.code) == [.agentLogin])
        #expect(reading.endings[0].outcome.fault?.message.contains("claude /login") == true)
        #expect(reading.texts(.agentMessageChunk).isEmpty, "it is no answer of the model")
    }

    // MARK: A usage limit

    /// The recorded reset is in the past by now.
    private func later(_ line: String) -> String {
        line.replacing(#/"resetsAt":\d+/#, with: #""resetsAt":4102444800"#)
    }

    @Test("A usage limit is an ending of its own with its reset, also when only its repetition is reported")
    func endsAtLimit() throws {
        let reading = try ClaudeReading(recording: "limit", later)
        #expect(reading.endings.map(\.outcome.fault?.code) == [.usageLimit, .usageLimit])
        let reset = Timestamp("2100-01-01T00:00:00Z")
        #expect(reading.endings.map(\.retryAt) == [reset, reset])
        #expect(reading.endings[0].outcome.fault?.message.contains("5-hour limit") == true)
        #expect(reading.endings[0].outcome.fault?.message.contains("2100-01-01T00:00:00") == true)
        #expect(reading.texts(.agentMessageChunk).isEmpty)
    }

    @Test("A usage limit that Claude Code waits out itself ends the turn")
    func endsWaitedLimit() throws {
        let reading = try ClaudeReading(recording: "limit-waited", later)
        #expect(reading.hopeless == 1)
        #expect(reading.verdict?.outcome.fault?.code == .usageLimit)
        #expect(reading.verdict?.retryAt == Timestamp("2100-01-01T00:00:00Z"))
    }

    @Test("A usage limit whose reset is past or unknown has none, and keeps the words")
    func endsAtLimitWithoutReset() throws {
        let past = try ClaudeReading(recording: "limit") {
            $0.replacing(#/"resetsAt":\d+/#, with: #""resetsAt":1700000000"#)
        }
        #expect(past.endings.map(\.retryAt) == [nil, nil])
        // The service may refuse for a while longer.
        let recent = Int(Timestamp.now().milliseconds / 1000) - 60
        let still = try ClaudeReading(recording: "limit") {
            $0.replacing(#/"resetsAt":\d+/#, with: #""resetsAt":\#(recent)"#)
        }
        #expect(still.endings.map { $0.retryAt?.milliseconds } == [Int64(recent) * 1000, Int64(recent) * 1000])
        let line =
            #"{"type":"result","subtype":"success","is_error":true,"api_error_status":429,"api_error":"usage_limit_reached","result":"You've hit your monthly spend limit"}"#
        let unknown = try ClaudeReading([line]).endings
        #expect(unknown.map(\.retryAt) == [nil])
        #expect(unknown[0].outcome.fault?.message.contains("monthly spend limit") == true)
    }

    @Test("Older versions name the reset in the text only")
    func readsOldLimit() throws {
        func end(_ text: String, isError: Bool = true) throws -> ClaudeTranslator.Ending? {
            let line = #"{"type":"result","subtype":"success","is_error":\#(isError),"result":"\#(text)"}"#
            return try ClaudeReading([line]).endings.first
        }
        let epoch = try end("Claude AI usage limit reached|4102444800", isError: false)
        #expect(epoch?.outcome.fault?.code == .usageLimit)
        #expect(epoch?.retryAt == Timestamp("2100-01-01T00:00:00Z"))
        let clock = try #require(try end("You've hit your session limit · resets 11pm (UTC)")?.retryAt)
        #expect(clock.adding(seconds: ResetTime.lateness) > .now() && clock.description.contains("T23:00:00"))
    }

    @Test(
        "The reset is read from a text in its time zone",
        arguments: [
            ("resets 9:31pm (UTC)", "2026-11-28T21:31:00.000Z"),
            ("resets 7pm (UTC)", "2026-11-29T19:00:00.000Z"), ("resets 7:25pm (UTC)", "2026-11-28T19:25:00.000Z"),
            ("resets 12am (UTC)", "2026-11-29T00:00:00.000Z"),
            ("resets Dec 3, 9am (UTC)", "2026-12-03T09:00:00.000Z"),
            ("resets Jan 2, 2027, 12:05pm (UTC)", "2027-01-02T12:05:00.000Z"),
            ("resets Jan 2, 9am (UTC)", "2027-01-02T09:00:00.000Z"),
            ("resets 9:31pm (Europe/Berlin)", "2026-11-28T20:31:00.000Z"),
            ("resets Jul 1, 9am (Europe/Berlin)", "2027-07-01T07:00:00.000Z"),
            ("resets at 5am (Asia/Kolkata)", "2026-11-28T23:30:00.000Z"),
            ("Claude AI usage limit reached|1795901493", "2026-11-28T21:31:33.000Z"),
        ])
    func readsReset(text: String, expected: String) throws {
        let now = try #require(Timestamp("2026-11-28T19:31:00Z"))
        #expect(ResetTime.find(in: text, now: now)?.description == expected)
    }

    @Test("A text without a time has no reset", arguments: ["", "resets soon", "resets 25pm (UTC)", "resets |", "a|b"])
    func readsNoReset(text: String) { #expect(ResetTime.find(in: text) == nil) }

    @Test("A limit that is nearly used up is a warning")
    func warnsOfLimit() throws {
        let line =
            #"{"type":"rate_limit_event","rate_limit_info":{"status":"allowed_warning","resetsAt":4102444800,"rateLimitType":"seven_day","utilization":0.95}}"#
        let logs = try ClaudeReading([line]).logs("warning")
        #expect(logs == ["95 % of the account's weekly limit is used; it resets at 2100-01-01T00:00:00.000Z"])
    }

    // MARK: A refused prompt

    @Test(
        "A prompt that a hook refuses fails with the hook's reason",
        arguments: [
            ("refused-exit", "no secrets please"), ("refused-json", "policy says no"), ("refused-stop", "stopped here"),
        ])
    func endsAtRefusedPrompt(recording: String, reason: String) throws {
        let reading = try ClaudeReading(recording: recording)
        #expect(reading.endings.map(\.outcome.fault?.code) == [.promptRefused])
        #expect(reading.endings[0].outcome.fault?.message.hasSuffix("refused the prompt: \(reason)") == true)
        #expect(reading.all(.usage).isEmpty)
    }

    @Test("A version that reports a blocked prompt in its result only is understood")
    func readsOldRefusal() throws {
        let line =
            #"{"type":"result","subtype":"success","is_error":false,"num_turns":0,"result":"UserPromptSubmit operation blocked by hook:\n[x]: not today\n\n\nOriginal prompt: hi"}"#
        let fault = try #require(try ClaudeReading([line]).endings.first?.outcome.fault)
        #expect(fault.code == .promptRefused)
        #expect(fault.message.hasSuffix("[x]: not today"))
    }

    @Test("A hook that stops the work later does not refuse the prompt")
    func showsLaterStop() throws {
        let turn = try ClaudeReading.lines("two-texts")
        let stop =
            #"{"type":"system","subtype":"informational","content":"Operation stopped by hook: enough","level":"warning","prevent_continuation":true}"#
        let reading = try ClaudeReading(turn.dropLast() + [stop, try #require(turn.last)])
        #expect(reading.endings.map(\.outcome) == [.completed])
        #expect(reading.logs("warning").contains("Operation stopped by hook: enough"))
    }

    // MARK: Messages that are cut off

    @Test("A text that is cut off and asked for again is superseded")
    func supersedesCutText() throws {
        let reading = try ClaudeReading(recording: "cut-text")
        #expect(reading.answers.values.sorted() == ["alpha beta ", "alpha beta gamma"])
        #expect(reading.superseded == ["alpha beta "])
        let kinds = reading.events.map(\.kind)
        let last = try #require(kinds.lastIndex(of: .agentMessageChunk))
        #expect(kinds[..<last].contains(.log), "it is said between the two texts")
    }

    @Test("A tool call that is cut off is failed, and the text before it stays")
    func failsCutCall() throws {
        let reading = try ClaudeReading(recording: "cut-tool")
        #expect(reading.calls.values.sorted() == ["completed", "failed"])
        #expect(reading.superseded.isEmpty)
        #expect(reading.answers.values.sorted() == ["again", "done", "let me"])
        #expect(reading.logs("notice").contains { $0.contains("cut off mid-stream") })
    }

    @Test("A second text block that is cut off is superseded alone")
    func supersedesBlock() throws {
        func event(_ body: String) -> String { #"{"type":"stream_event","event":{\#(body)}}"# }
        let lines = [
            event(#""type":"message_start","message":{"id":"m","content":[]}"#),
            event(#""type":"content_block_start","index":0,"content_block":{"type":"text","text":""}"#),
            event(#""type":"content_block_delta","index":0,"delta":{"type":"text_delta","text":"whole"}"#),
            #"{"type":"assistant","message":{"id":"m","content":[{"type":"text","text":"whole"}]}}"#,
            event(#""type":"content_block_start","index":1,"content_block":{"type":"thinking","thinking":""}"#),
            event(#""type":"content_block_delta","index":1,"delta":{"type":"thinking_delta","thinking":"hm"}"#),
            event(#""type":"content_block_start","index":2,"content_block":{"type":"text","text":""}"#),
            event(#""type":"content_block_delta","index":2,"delta":{"type":"text_delta","text":"ha"}"#),
            event(#""type":"message_start","message":{"id":"n","content":[]}"#),
        ]
        let reading = try ClaudeReading(lines)
        let superseded = reading.all(.log).compactMap { $0["_meta"]?["superseded"] }
        #expect(superseded == [["m:1", "m:2"]])
    }

    @Test("A message that takes the place of a cut one without streaming supersedes it")
    func supersedesByWholeMessage() throws {
        let cut = try ClaudeReading.lines("cut-text").prefix { !$0.contains("api_retry") }
        let whole = #"{"type":"assistant","message":{"id":"w","content":[{"type":"text","text":"whole answer"}]}}"#
        let reading = try ClaudeReading(cut + [whole])
        #expect(reading.superseded == ["alpha beta "])
    }

    @Test("An answer that was stopped and asked for again is superseded")
    func supersedesStoppedAnswer() throws {
        let reading = try ClaudeReading(recording: "stopped-answer")
        #expect(reading.superseded == ["half"])
        #expect(reading.logs("notice").contains { $0.contains("safeguards stopped") })
    }

    @Test("Calls without a result are closed at the end of the turn, and by close()")
    func closesCalls() throws {
        let call =
            #"{"type":"assistant","message":{"id":"m","content":[{"type":"tool_use","id":"t","name":"Bash","input":{"command":"ls"}}]}}"#
        let end = #"{"type":"result","subtype":"success","is_error":false,"num_turns":1}"#
        #expect(try ClaudeReading([call, end]).calls == ["t": "failed"])
        var translator = ClaudeTranslator()
        _ = translator.read(try JSONDecoder().decode(ClaudeLine.self, from: Data(call.utf8)))
        #expect(translator.close().map(\.kind) == [.toolCallUpdate])
        #expect(translator.close().isEmpty)
    }

    @Test("A background subagent's calls stay open after the first result")
    func keepsBackgroundCalls() throws {
        let running =
            #"{"type":"system","subtype":"background_tasks_changed","tasks":[{"task_id":"a","task_type":"local_agent","description":"d"}]}"#
        let call =
            #"{"type":"assistant","parent_tool_use_id":"p","message":{"id":"m","content":[{"type":"tool_use","id":"t","name":"Bash","input":{"command":"ls"}}]}}"#
        let end = #"{"type":"result","subtype":"success","is_error":false,"num_turns":1}"#
        #expect(try ClaudeReading([running, call, end]).calls == ["t": "in_progress"])
        let done = #"{"type":"system","subtype":"background_tasks_changed","tasks":[]}"#
        #expect(try ClaudeReading([running, call, end, done, end]).calls == ["t": "failed"])
    }

    // MARK: Boundaries

    @Test("Two texts of one message, and two messages without a tool between, have different ids")
    func separatesTexts() throws {
        let blocks = try ClaudeReading(recording: "two-texts")
        #expect(blocks.answers.values.sorted() == ["All tests pass.", "Wait, one is missing."])
        #expect(Set(blocks.answers.keys.map { $0.split(separator: ":").last }) == ["0", "1"])
        let messages = try ClaudeReading(recording: "stop-hook")
        #expect(messages.answers.values.sorted() == ["All tests pass.", "Wait, one is missing."])
        #expect(messages.logs("notice").contains { $0.contains("Stop hook feedback") && $0.contains("keep going") })
    }

    @Test("Texts without deltas have the same ids as streamed ones", arguments: ["two-texts", "stop-hook"])
    func separatesWholeTexts(recording: String) throws {
        let lines = try ClaudeReading.lines(recording)
        let whole = try ClaudeReading(lines.filter { !$0.contains(#""type":"stream_event""#) })
        #expect(whole.answers == (try ClaudeReading(lines)).answers)
    }

    // MARK: Commands of Claude Code

    @Test("The output of local commands, a compaction and a cleared conversation are visible")
    func showsCommands() throws {
        let reading = try ClaudeReading(recording: "commands")
        #expect(reading.logs("notice").contains("Claude Code is compacting the conversation"))
        #expect(
            reading.logs("notice").contains {
                $0.hasPrefix("Claude Code replaced the conversation so far by a summary")
            })
        #expect(reading.logs("notice").contains { $0.hasPrefix("Claude Code cleared the conversation") })
        let answers = reading.texts(.agentMessageChunk)
        #expect(answers.contains("Compacted"))
        #expect(answers.contains { $0.hasPrefix("Current model:") })
        #expect(answers.contains("/help isn't available in this environment."))
        #expect(reading.endings.allSatisfy { $0.outcome == .completed })
        #expect(reading.sessions.count == 2, "a cleared conversation is another session")
    }

    @Test("A failed compaction is a warning")
    func showsFailedCompaction() throws {
        let line =
            #"{"type":"system","subtype":"status","status":null,"compact_result":"failed","compact_error":"Not enough messages to compact."}"#
        #expect(
            try ClaudeReading([line]).logs("warning")
                == ["the conversation was not compacted: Not enough messages to compact."])
    }

    // MARK: The rest

    @Test(
        "A line of an unknown kind is kept as a log event of level debug",
        arguments: [
            #"{"type":"news","what":"a new thing"}"#, #"{"type":"system","subtype":"news","what":"a new thing"}"#,
            #"not json: a new thing"#,
        ])
    func keepsUnknownLine(line: String) throws {
        let reading = try ClaudeReading([line])
        #expect(reading.logs("debug").count == 1)
        #expect(reading.logs("debug")[0].contains("a new thing"))
    }

    @Test("A line of an unknown kind is bounded")
    func boundsUnknownLine() throws {
        let long = String(repeating: "é", count: 50_000)
        for line in [#"{"type":"news","what":"\#(long)"}"#, long] {
            let text = try #require(try ClaudeReading([line]).logs("debug").first)
            #expect(text.utf8.count < 5000)
        }
    }

    @Test("Hooks that fail, notes for people and model changes are log events")
    func showsRest() throws {
        let hook =
            #"{"type":"system","subtype":"hook_response","hook_name":"SessionStart:startup","stderr":"bad\n","exit_code":1,"outcome":"error"}"#
        let note = #"{"type":"system","subtype":"notification","key":"k","text":"look here","priority":"immediate"}"#
        let other = #"{"type":"system","subtype":"model_fallback","content":"Opus is overloaded; using Sonnet"}"#
        let reading = try ClaudeReading([hook, note, other])
        #expect(reading.logs("notice") == ["look here"])
        #expect(
            reading.logs("warning") == [
                "the hook SessionStart:startup failed (exit status 1): bad\n", "Opus is overloaded; using Sonnet",
            ])
    }

    @Test("The end of background work is said, a foreground subagent's is not")
    func showsBackgroundEnd() throws {
        let changed =
            #"{"type":"system","subtype":"background_tasks_changed","tasks":[{"task_id":"a","task_type":"local_bash","description":"sleep 300"}]}"#
        func end(_ id: String) -> String {
            #"{"type":"system","subtype":"task_notification","task_id":"\#(id)","status":"completed","summary":"s"}"#
        }
        #expect(
            try ClaudeReading([changed, end("a"), end("b")]).logs("notice") == ["background work completed: sleep 300"])
    }
}

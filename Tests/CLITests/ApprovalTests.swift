import Foundation
import Messages
import Testing

@testable import CLI

@Suite("Approval questions and their texts")
struct ApprovalTests {
    private static func approval(_ fields: String = #""state":"pending""#) throws -> ApprovalView {
        try GatewayClient.decoder.decode(
            ApprovalView.self, from: [UInt8](ScriptedGateway.approval(ScriptedGateway.approval, fields).utf8).data)
    }

    /// A question after these reads of the keyboard, and its answer; an empty read is a pause.
    private func ask(_ typed: [String]) throws -> (ApprovalQuestion, ApprovalRequestBody?) {
        var question = ApprovalQuestion(try Self.approval())
        var answer: ApprovalRequestBody?
        for keys in typed {
            if keys.isEmpty { question.inputPaused() }
            answer = question.press(Array(keys.utf8), visibleFor: .seconds(1)) ?? answer
        }
        return (question, answer)
    }

    private func ask(_ typed: String...) throws -> (ApprovalQuestion, ApprovalRequestBody?) { try ask(typed) }

    @Test("The keys y, a and n answer a question, other keys do not")
    func keysAnswer() throws {
        #expect(try ask("y").1 == ApprovalRequestBody(decision: .allow))
        #expect(try ask("A").1 == ApprovalRequestBody(decision: .allow, scope: .conversation))
        #expect(try ask("n", "\n").1 == ApprovalRequestBody(decision: .deny))
        #expect(try ask("x", " ", "\r", "q").1 == nil)
        #expect(try ask("y").0.phase == .sending)
        // A key after the answer is ignored.
        #expect(try ask("y", "n").0.phase == .sending)
    }

    @Test("Pasted keys, and keys typed too early, do not answer")
    func ignoresUnintendedKeys() throws {
        // Pasted or typed ahead.
        for typed in ["ya", "make\n", "y\n", "aa"] { #expect(try ask(typed).0 == ask().0) }
        var question = ApprovalQuestion(try Self.approval())
        for key in "yan".utf8 { #expect(question.press([key], visibleFor: .milliseconds(499)) == nil) }
        #expect(question.phase == .choosing)
        #expect(
            question.press([UInt8(ascii: "y")], visibleFor: .milliseconds(500)) == ApprovalRequestBody(decision: .allow)
        )
        // Asked again, it is a new presentation.
        let first = question.presentation
        question.reopen()
        #expect(question.presentation != first && question.presentation.approval == first.approval)
    }

    /// Reads of the keyboard, and the reason typed after them; empty = the question is still open.
    static let sequences: [([String], String)] = [
        (["x\u{1b}[A"], ""), (["\u{1b}[A"], ""), (["\u{1b}", "[A"], ""), (["\u{1b}", "[", "A"], ""),
        (["\u{1b}[", "a"], ""), (["\u{1b}[a"], ""), (["\u{1b}O", "A"], ""), (["\u{1b}[1;5", "A"], ""),
        (["\u{1b}[[", "A"], ""), (["\u{1b}", "y"], ""), (["\u{1b}[?2026;2$y"], ""), (["\u{1b}[?2026;2$", "y"], ""),
        (["\u{1b}]11;rgb:", "a", "y", "\u{1b}", "\\"], ""), (["\u{1b}P", "y", "\u{7}"], ""),
        // Only typed characters are part of the reason.
        (["n", "b\u{1b}[A"], "b"), (["n", "b\u{1b}", "[A"], "b"), (["n", "b", "\u{1b}", "[", "A", "c"], "bc"),
        (["n", "b\u{1b}Oac"], "bc"), (["n", "b\u{1b}[?1;2y", "\u{1b}[Da"], "ba"),
    ]

    @Test("The bytes of an escape sequence are not keys", arguments: sequences)
    func ignoresEscapeSequences(_ typed: [String], _ reason: String) throws {
        let (question, answer) = try ask(typed)
        #expect(answer == nil && !question.isInsideSequence)
        #expect(question.phase == (reason.isEmpty ? .choosing : .reason(Array(reason.utf8))))
    }

    @Test("An unfinished escape sequence starts the question again")
    func lateSequenceReopens() throws {
        let (question, _) = try ask("\u{1b}[")
        #expect(question.isInsideSequence)
        var late = question
        late.inputPaused()
        #expect(late.presentation != question.presentation && !late.isInsideSequence)
    }

    @Test("A reason can be typed, corrected and left with Escape")
    func editsReason() throws {
        let typed = try ask("n", "use  stagging", "\u{7f}\u{7f}\u{7f}\u{7f}ing", "\r")
        #expect(typed.1 == ApprovalRequestBody(decision: .deny, message: "use staging"))
        #expect(try ask("n", "é\u{7f}ü", "\n").1?.message == "ü")
        #expect(try ask("n", "nonsense\u{15}y", "\n").1?.message == "y")
        let arrows = try ask("n", "ab", "\u{1b}[D", "c", "\n")
        #expect(arrows.1?.message == "abc")
        // Escape leaves the reason when nothing follows it; then y is an answer again.
        #expect(try ask("n", "no", "\u{1b}", "", "y").1 == ApprovalRequestBody(decision: .allow))
        #expect(try ask("n", "no", "\u{1b}").0.phase == .reason(Array("no".utf8)))
        var again = try ask("y").0
        again.reopen()
        let answer = again.press([UInt8(ascii: "a")], visibleFor: .seconds(1))
        #expect(answer == ApprovalRequestBody(decision: .allow, scope: .conversation))
    }

    @Test("A question fits the width of the terminal")
    func questionFits() throws {
        let new = try ask().0
        #expect(new.text(200, isNew: true) == "allow Bash: npm test?")
        #expect(
            new.text(200, isNew: false) == "allow Bash: npm test? y once · n no · a in this conversation")
        #expect(
            try ask("n", "because").0.text(200, isNew: false) == "no, because (Enter sends, Esc goes back): because"
        )
        let long = try ask("n", String(repeating: "x", count: 300) + "end").0
        for width in [50, 80] {
            #expect(TextWidth.of(long.text(width, isNew: false)) <= width)
            #expect(long.text(width, isNew: false).hasSuffix("end"))
        }
        #expect(TextWidth.of(new.text(20, isNew: false)) <= 20)
        var status = StatusLine()
        status.question = new
        let line = status.text(elapsed: 1, now: .now(), width: 80, style: .plain)
        #expect(line.hasPrefix("▸ allow Bash: npm test? y once"))
    }

    @Test("Control characters in a request are escaped")
    func escapesRequests() throws {
        var odd = try Self.approval()
        (odd.title, odd.rule) = ("npm\u{1b}[2J test", "Bash(\u{1b}]0;t\u{7}npm\ntest)")
        #expect(ApprovalText.instructions(odd).contains(#"approval: Bash: npm\u{1b}[2J test; answer"#))
        #expect(ApprovalText.instructions(odd).hasSuffix(#"allows: Bash(\u{1b}]0;t\u{7}npm\u{a}test)"#))
        #expect(ApprovalQuestion(odd).text(200, isNew: false).contains(#"allow Bash: npm\u{1b}[2J test?"#))
        odd.deviceName = "box\u{202e}"
        let row = ApprovalsCommand.table([odd], now: .now()).rows[0]
        #expect(row[2] == #"box\u{202e}"# && row[4] == #"Bash: npm\u{1b}[2J test"#)
    }

    @Test("The transcript shows requests in full, and their resolutions")
    func transcriptShowsApprovals() throws {
        var transcript = Transcript(style: .plain, isTerminal: true)
        func show(_ kind: String, _ data: String) throws -> String {
            let value = try JSONDecoder().decode(JSONValue.self, from: Data(data.utf8))
            return transcript.show(EventBody(seq: 1, kind: kind, time: .now(), data: value))
        }
        func request(_ change: (inout ApprovalView) -> Void) throws -> String {
            var approval = try Self.approval()
            approval.rule = nil
            change(&approval)
            return try show("permission_request", String(decoding: JSONEncoder().encode(approval), as: UTF8.self))
        }
        let allows = "  a, or `approve --conversation`, allows: "
        #expect(
            try show("permission_request", ScriptedGateway.approval())
                == "? Bash: npm test\n\(allows)Bash(npm test:*)\n")
        let write = try request {
            $0.tool = "Write"
            $0.title = "Write: a.txt"
            let lines = (1...9).map { "\($0)" }.joined(separator: "\n")
            $0.input = .object(["file_path": .string("a.txt"), "content": .string(lines), "big": .bool(true)])
        }
        let shown = (1...6).map { "    \($0)\n" }.joined()
        #expect(
            write
                == "? Write: a.txt\n  big: true\n  content:\n\(shown)  … 3 more lines; `wegent approvals --json` has all of it\n\(allows)Write\n"
        )
        let odd = try request {
            $0.title = "x\u{1b}]0;t\u{7}y"
            $0.input = .object(["command": .string("\u{1b}[2Jrm")])
        }
        #expect(odd == #"? Bash: x\u{1b}]0;t\u{7}y"# + "\n" + #"  command: \u{1b}[2Jrm"# + "\n\(allows)Bash\n")
        // The part of a command beyond the width of the title is shown below it.
        let hidden = "ls" + String(repeating: " ", count: 300) + "; rm -rf /"
        let long = try request {
            $0.title = hidden
            $0.input = .object(["command": .string(hidden)])
        }
        #expect(long.hasSuffix("…\n  command: \(hidden)\n\(allows)Bash\n"))
        // A long rule is shown in full.
        let rule = try request {
            ($0.title, $0.rule, $0.input) = ("ls", "Bash(\(hidden))", .object(["command": .string("ls")]))
        }
        #expect(rule == "? Bash: ls\n\(allows)Bash(\(hidden))\n")
        for (fields, text) in [
            (
                #""state":"allowed","scope":"once","resolved_by":"ada (laptop)""#,
                "✓ allowed by ada (laptop): Bash: npm test"
            ),
            (#""state":"allowed","scope":"conversation""#, "✓ allowed in this conversation: Bash: npm test"),
            (#""state":"denied","resolved_by":"bob","message":"not now""#, "✗ denied by bob: Bash: npm test (not now)"),
            (#""state":"expired""#, "✗ denied: no answer in time: Bash: npm test"),
            (#""state":"abandoned""#, "· withdrawn: the attempt ended or the agent cancelled it: Bash: npm test"),
            (
                #""state":"allowed","scope":"once","resolved_by":"ada","updated_input":{"command":"npm\u001b[2J ci","x":1}"#,
                #"✓ allowed by ada with an edited input: command: npm\u{1b}[2J ci, x: 1 (asked: Bash: npm test)"#
            ),
            (
                #""state":"allowed","resolved_by":"ada","questions":[{"id":"1","text":"Which?","header":"Colour","options":[{"id":"Red","label":"Red"}],"multiple":true,"free_text":true}],"answers":{"1":["Red","a grey"]}"#,
                "✓ answered by ada: Colour: Red, a grey"
            ),
        ] {
            #expect(
                try show("permission_resolved", ScriptedGateway.approval(ScriptedGateway.approval, fields)) == text
                    + "\n")
        }
    }

    @Test("A request can be asked about once it was read, in the order of arrival")
    func pendingRequests() throws {
        var pending = PendingApprovals()
        var (first, second) = (try Self.approval(), try Self.approval())
        (first.id, second.id) = (.generate(), .generate())
        let gone = ApprovalID.generate()
        let added = [first.id, gone, second.id, gone].map { pending.add($0) }
        #expect(added == [true, true, true, false])
        // The timer of the second one fires first.
        let settled = [second.id, first.id].map { pending.settle($0) }
        #expect(settled == [true, false])
        let began = [pending.beginReading(), pending.beginReading()]
        pending.endReading(nil)
        let again = pending.beginReading()
        #expect(began == [true, false] && again)
        pending.endReading([second, first])
        let ready = [pending.next(), pending.next(), pending.next()]
        #expect(ready == [first, second, nil])
        #expect(!pending.contains(gone) && pending.contains(first.id))
    }

    @Test("The list shows the time left of a pending request")
    func listShowsTimeLeft() throws {
        var pending = try Self.approval()
        pending.expiresAt = Timestamp(milliseconds: 600_000)
        var soon = pending
        soon.id = .generate()
        soon.expiresAt = Timestamp(milliseconds: 65_000)
        let denied = try Self.approval(#""state":"denied""#)
        let rows = ApprovalsCommand.table([pending, soon, denied], now: Timestamp(milliseconds: 5000)).rows
        #expect(rows.map { $0[1] } == ["9 min left", "60 s left", "denied"])
        #expect(rows[0][0] == "01a2038b-11f0" && rows[0][3] == "01a2038a-5d10" && rows[0][4] == "Bash: npm test")
    }

    @Test("Ids are shortened to the length at which they differ")
    func shortensIDs() {
        let ids = ["01a2038b-11f0-7aa2-8c31-000000000000", "01a2038b-11f0-7aa3-8c31-000000000000"]
        #expect(IDPrefix.shorten(ids) == ["01a2038b-11f0-7aa2", "01a2038b-11f0-7aa3"])
        #expect(IDPrefix.shorten([ids[0], ids[0]]) == ["01a2038b-11f0", "01a2038b-11f0"])
        #expect(IDPrefix.shorten([]).isEmpty)
    }

    @Test("A watch shows each change once, oldest first")
    func watchShowsChanges() throws {
        var known: [ApprovalID: ApprovalState] = [:]
        let old = try Self.approval(#""state":"denied""#)
        var (first, second) = (try Self.approval(), try Self.approval())
        (first.id, second.id) = (.generate(), .generate())
        func changes(_ newest: [ApprovalView], isFirst: Bool = false, all: Bool = false) -> [ApprovalID] {
            ApprovalWatch.changes(newest, &known, isFirst: isFirst, all: all, limit: 10).map(\.id)
        }
        #expect(changes([second, first, old], isFirst: true) == [first.id, second.id])
        #expect(changes([second, first, old]) == [])
        first.state = .allowed
        var third = first
        third.id = .generate()
        #expect(changes([third, second, first, old]) == [first.id, third.id])
        known = [:]
        #expect(changes([first, old], isFirst: true, all: true) == [old.id, first.id])
    }
}

import Foundation
import Messages
import Testing

@testable import CLI

struct ApprovalTests {
    private static func approval(_ fields: String = #""state":"pending""#) throws -> ApprovalView {
        try Backend.decoder.decode(
            ApprovalView.self, from: [UInt8](StubGateway.approval(StubGateway.approval, fields).utf8).data)
    }

    /// - Parameter typed: What is read at once; nothing = nothing follows for a while.
    private func prompt(_ typed: [String]) throws -> (ApprovalPrompt, ApprovalAsked?) {
        var prompt = ApprovalPrompt(try Self.approval())
        var answer: ApprovalAsked?
        for keys in typed {
            if keys.isEmpty { prompt.quiet() }
            answer = prompt.press(Array(keys.utf8), seen: .seconds(1)) ?? answer
        }
        return (prompt, answer)
    }

    private func prompt(_ typed: String...) throws -> (ApprovalPrompt, ApprovalAsked?) { try prompt(typed) }

    @Test func aKeyIsAnAnswer() throws {
        #expect(try prompt("y").1 == ApprovalAsked(decision: .allow))
        #expect(try prompt("A").1 == ApprovalAsked(decision: .allow, scope: .conversation))
        #expect(try prompt("n", "\n").1 == ApprovalAsked(decision: .deny))
        #expect(try prompt("x", " ", "\r", "q").1 == nil)
        #expect(try prompt("y").0.stage == .sending)
        // What comes behind the answer is not the next one.
        #expect(try prompt("y", "n").0.stage == .sending)
    }

    @Test func onlyAKeyThatIsMeantForItIsAnAnswer() throws {
        // Pasted, or typed ahead for somebody else.
        for typed in ["ya", "make\n", "y\n", "aa"] { #expect(try prompt(typed).0 == prompt().0) }
        var prompt = ApprovalPrompt(try Self.approval())
        for key in "yan".utf8 { #expect(prompt.press([key], seen: .milliseconds(499)) == nil) }
        #expect(prompt.stage == .choosing)
        #expect(prompt.press([UInt8(ascii: "y")], seen: .milliseconds(500)) == ApprovalAsked(decision: .allow))
        // Asked again it is a new question.
        let first = prompt.opening
        prompt.again()
        #expect(prompt.opening != first && prompt.opening.approval == first.approval)
    }

    /// What is read, and the reason that is typed then; none = it is still to be chosen.
    static let sequences: [([String], String)] = [
        (["x\u{1b}[A"], ""), (["\u{1b}[A"], ""), (["\u{1b}", "[A"], ""), (["\u{1b}", "[", "A"], ""),
        (["\u{1b}[", "a"], ""), (["\u{1b}[a"], ""), (["\u{1b}O", "A"], ""), (["\u{1b}[1;5", "A"], ""),
        (["\u{1b}[[", "A"], ""), (["\u{1b}", "y"], ""), (["\u{1b}[?2026;2$y"], ""), (["\u{1b}[?2026;2$", "y"], ""),
        (["\u{1b}]11;rgb:", "a", "y", "\u{1b}", "\\"], ""), (["\u{1b}P", "y", "\u{7}"], ""),
        // The reason has what was typed, and nothing else.
        (["n", "b\u{1b}[A"], "b"), (["n", "b\u{1b}", "[A"], "b"), (["n", "b", "\u{1b}", "[", "A", "c"], "bc"),
        (["n", "b\u{1b}Oac"], "bc"), (["n", "b\u{1b}[?1;2y", "\u{1b}[Da"], "ba"),
    ]

    @Test(arguments: sequences)
    func anEscapeSequenceIsNoKey(_ typed: [String], _ reason: String) throws {
        let (prompt, answer) = try prompt(typed)
        #expect(answer == nil && !prompt.isUndecided)
        #expect(prompt.stage == (reason.isEmpty ? .choosing : .reason(Array(reason.utf8))))
    }

    @Test func aSequenceThatTookTooLongMakesTheQuestionNew() throws {
        let (prompt, _) = try prompt("\u{1b}[")
        #expect(prompt.isUndecided)
        var late = prompt
        late.quiet()
        #expect(late.opening != prompt.opening && !late.isUndecided)
    }

    @Test func aReasonIsTypedAndCorrected() throws {
        let typed = try prompt("n", "use  stagging", "\u{7f}\u{7f}\u{7f}\u{7f}ing", "\r")
        #expect(typed.1 == ApprovalAsked(decision: .deny, message: "use staging"))
        #expect(try prompt("n", "é\u{7f}ü", "\n").1?.message == "ü")
        #expect(try prompt("n", "nonsense\u{15}y", "\n").1?.message == "y")
        let arrows = try prompt("n", "ab", "\u{1b}[D", "c", "\n")
        #expect(arrows.1?.message == "abc")
        // Escape goes back when nothing follows it, and y is an answer again.
        #expect(try prompt("n", "no", "\u{1b}", "", "y").1 == ApprovalAsked(decision: .allow))
        #expect(try prompt("n", "no", "\u{1b}").0.stage == .reason(Array("no".utf8)))
        var again = try prompt("y").0
        again.again()
        let answer = again.press([UInt8(ascii: "a")], seen: .seconds(1))
        #expect(answer == ApprovalAsked(decision: .allow, scope: .conversation))
    }

    @Test func theQuestionFitsTheLine() throws {
        let new = try prompt().0
        #expect(new.text(200, isDeaf: true) == "allow Bash: npm test?")
        #expect(
            new.text(200, isDeaf: false) == "allow Bash: npm test? y once · n no · a in this conversation")
        #expect(
            try prompt("n", "because").0.text(200, isDeaf: false) == "no, because (Enter sends, Esc goes back): because"
        )
        let long = try prompt("n", String(repeating: "x", count: 300) + "end").0
        for width in [50, 80] {
            #expect(TextWidth.of(long.text(width, isDeaf: false)) <= width)
            #expect(long.text(width, isDeaf: false).hasSuffix("end"))
        }
        #expect(TextWidth.of(new.text(20, isDeaf: false)) <= 20)
        var status = StatusLine()
        status.question = new
        let line = status.text(elapsed: 1, now: .now(), width: 80, paint: .plain)
        #expect(line.hasPrefix("▸ allow Bash: npm test? y once"))
    }

    @Test func theQuestionDoesNotObeyTheAgent() throws {
        var odd = try Self.approval()
        (odd.title, odd.rule) = ("npm\u{1b}[2J test", "Bash(\u{1b}]0;t\u{7}npm\ntest)")
        #expect(ApprovalText.howTo(odd).contains(#"approval: Bash: npm\u{1b}[2J test; answer"#))
        #expect(ApprovalText.howTo(odd).hasSuffix(#"allows: Bash(\u{1b}]0;t\u{7}npm\u{a}test)"#))
        #expect(ApprovalPrompt(odd).text(200, isDeaf: false).contains(#"allow Bash: npm\u{1b}[2J test?"#))
        odd.deviceName = "box\u{202e}"
        let row = ApprovalsCommand.table([odd], now: .now()).rows[0]
        #expect(row[2] == #"box\u{202e}"# && row[4] == #"Bash: npm\u{1b}[2J test"#)
    }

    @Test func theTranscriptTellsRequestsAndResolutions() throws {
        var transcript = Transcript(paint: .plain, isTerminal: true)
        func show(_ kind: String, _ data: String) throws -> String {
            let value = try JSONDecoder().decode(JSONValue.self, from: Data(data.utf8))
            return transcript.show(TaskEvent(seq: 1, kind: kind, time: .now(), data: value))
        }
        let allows = "  a, or `approve --conversation`, allows: "
        #expect(
            try show("permission_request", StubGateway.approval()) == "? Bash: npm test\n\(allows)Bash(npm test:*)\n")
        let lines = (1...9).map { "\($0)" }.joined(separator: "\\n")
        let write =
            #"{"tool":"Write","title":"Write: a.txt","input":{"file_path":"a.txt","content":"\#(lines)","big":true}}"#
        #expect(
            try show("permission_request", write)
                == "? Write: a.txt\n  big: true\n  content:\n    1\n    2\n    3\n    4\n    5\n    6\n  … 3 more lines; `wegent approvals --json` has all of it\n\(allows)Write\n"
        )
        let odd = #"{"tool":"Bash","title":"x\u001b]0;t\u0007y","input":{"command":"\u001b[2Jrm"}}"#
        #expect(
            try show("permission_request", odd)
                == #"? Bash: x\u{1b}]0;t\u{7}y"# + "\n" + #"  command: \u{1b}[2Jrm"# + "\n\(allows)Bash\n")
        // What would be allowed is not cut away with the title.
        let hidden = "ls" + String(repeating: " ", count: 300) + "; rm -rf /"
        let long = #"{"tool":"Bash","title":"\#(hidden)","input":{"command":"\#(hidden)"}}"#
        #expect(try show("permission_request", long).hasSuffix("…\n  command: \(hidden)\n\(allows)Bash\n"))
        // Nor is a long rule.
        let rule = #"{"tool":"Bash","title":"ls","rule":"Bash(\#(hidden))"}"#
        #expect(try show("permission_request", rule) == "? Bash: ls\n\(allows)Bash(\(hidden))\n")
        for (fields, text) in [
            (#""state":"allowed","scope":"once","resolved_by":"ada (laptop)""#, "✓ allowed by ada (laptop)"),
            (#""state":"allowed","scope":"conversation""#, "✓ allowed in this conversation"),
            (#""state":"denied","resolved_by":"bob","message":"not now""#, "✗ denied by bob: not now"),
            (#""state":"expired""#, "✗ denied: nobody answered in time"),
            (#""state":"abandoned""#, "· not needed any more"),
        ] {
            #expect(try show("permission_resolved", StubGateway.approval(StubGateway.approval, fields)) == text + "\n")
        }
    }

    @Test func theListTellsHowMuchTimeIsLeft() throws {
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

    @Test func idsAreCutWhereTheyDiffer() {
        let ids = ["01a2038b-11f0-7aa2-8c31-000000000000", "01a2038b-11f0-7aa3-8c31-000000000000"]
        #expect(Shortened.texts(ids) == ["01a2038b-11f0-7aa2", "01a2038b-11f0-7aa3"])
        #expect(Shortened.texts([ids[0], ids[0]]) == ["01a2038b-11f0", "01a2038b-11f0"])
        #expect(Shortened.texts([]).isEmpty)
    }

    @Test func aWatcherTellsEachChangeOnce() throws {
        var known: [ApprovalID: ApprovalState] = [:]
        let old = try Self.approval(#""state":"denied""#)
        var (first, second) = (try Self.approval(), try Self.approval())
        (first.id, second.id) = (.generate(), .generate())
        func news(_ newest: [ApprovalView], isFirst: Bool = false, all: Bool = false) -> [ApprovalID] {
            ApprovalWatch.news(newest, &known, isFirst: isFirst, all: all, limit: 10).map(\.id)
        }
        #expect(news([second, first, old], isFirst: true) == [first.id, second.id])
        #expect(news([second, first, old]) == [])
        first.state = .allowed
        var third = first
        third.id = .generate()
        #expect(news([third, second, first, old]) == [first.id, third.id])
        known = [:]
        #expect(news([first, old], isFirst: true, all: true) == [old.id, first.id])
    }
}

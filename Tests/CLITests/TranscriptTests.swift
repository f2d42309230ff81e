import Foundation
import Messages
import Testing

@testable import CLI

@Suite("The transcript of a task")
struct TranscriptTests {
    /// Shows events given as kind and data.
    private func show(_ events: [(String, String)], style: TextStyle = .plain, terminal: Bool = false) throws -> String
    {
        var transcript = Transcript(style: style, isTerminal: terminal)
        var out = ""
        for (index, (kind, data)) in events.enumerated() {
            let value = try JSONDecoder().decode(JSONValue.self, from: Data(data.utf8))
            out += transcript.show(EventBody(seq: UInt64(index + 1), kind: kind, time: .now(), data: value))
        }
        return out + transcript.end()
    }

    private func chunk(_ text: String) -> (String, String) {
        ("agent_message_chunk", #"{"content":{"type":"text","text":"\#(text)"}}"#)
    }

    @Test("Text is passed through")
    func passesText() throws {
        #expect(try show([chunk("Hel"), chunk("lo\\nWor"), chunk("ld")]) == "Hello\nWorld\n")
        #expect(try show([chunk("done\\n")]) == "done\n")
        #expect(try show([]) == "")
    }

    @Test("A tool call is one line, its result is indented")
    func toolCall() throws {
        let text = try show([
            chunk("Let me look."),
            ("tool_call", #"{"toolCallId":"1","title":"ls -l","kind":"execute","status":"in_progress"}"#),
            ("tool_call_update", #"{"toolCallId":"1","status":"in_progress"}"#),
            (
                "tool_call_update",
                #"{"toolCallId":"1","status":"completed","content":[{"type":"content","content":{"type":"text","text":"a\nb"}}]}"#
            ),
            chunk("Two files."),
        ])
        #expect(text == "Let me look.\n● ls -l\n  a\n  b\nTwo files.\n")
    }

    @Test("A tool call whose input arrives later is still one line")
    func lateToolInput() throws {
        let announced = ("tool_call", #"{"toolCallId":"1","title":"Bash","status":"pending"}"#)
        let input = ("tool_call_update", #"{"toolCallId":"1","title":"ls -l","status":"in_progress","rawInput":{}}"#)
        #expect(try show([chunk("Look: "), announced, input, chunk("done")]) == "Look: \n● Bash: ls -l\ndone\n")
        #expect(try show([announced]) == "● Bash\n")
    }

    @Test("A long result is cut, and the lines left out are counted")
    func cutsLongResults() throws {
        let lines = (1...20).map(String.init).joined(separator: "\\n")
        let text = try show([
            ("tool_call", #"{"toolCallId":"1","title":"seq"}"#),
            (
                "tool_call_update",
                #"{"toolCallId":"1","status":"failed","content":[{"type":"content","content":{"type":"text","text":"\#(lines)\n"}}]}"#
            ),
        ])
        let shown = (1...Transcript.maxResultLines).map { "  \($0)\n" }.joined()
        #expect(text == "● seq\n\(shown)  … \(20 - Transcript.maxResultLines) more lines\n  ✗ failed\n")
    }

    @Test("Log messages and plans get lines of their own")
    func logsAndPlans() throws {
        let text = try show([
            chunk("Text"), ("log", #"{"level":"warning","message":"denied"}"#),
            ("log", #"{"level":"info","message":"note"}"#),
            ("plan", #"{"entries":[{"content":"one","status":"completed"},{"content":"two","status":"pending"}]}"#),
            ("state", #"{"state":"completed"}"#), ("usage", #"{"input_tokens":1}"#), ("from_the_future", "{}"),
        ])
        #expect(text == "Text\n! denied\n· note\n✓ one\n· two\n")
    }

    @Test("Thoughts are dimmed, and left out of plain text")
    func thoughts() throws {
        let events = [
            ("agent_thought_chunk", #"{"content":{"type":"text","text":"hmm"}}"#), chunk("Yes."),
        ]
        #expect(try show(events) == "Yes.\n")
        let coloured = try show(events, style: TextStyle(colours: true), terminal: true)
        #expect(coloured == "\u{1b}[2mhmm\u{1b}[0m\nYes.\n")
    }

    @Test("Terminal control is removed for a terminal, and kept in a pipe")
    func removesControl() throws {
        let events = [
            chunk("a\\u001b[2Jb"), ("tool_call", #"{"toolCallId":"1","title":"x\u001b]0;t\u0007y"}"#),
        ]
        // What is erased from the screen stays above it.
        #expect(try show(events, terminal: true) == "a\nb\n● xy\n")
        #expect(try show(events) == "a\u{1b}[2Jb\n● x\u{1b}]0;t\u{7}y\n")
    }

    @Test("A line that carriage returns overwrite is one line, in a text and in a tool's result")
    func overwrittenLine() throws {
        let bar = chunk(#"10 %\r20 %\r100 %\ndone\n"#)
        #expect(try show([bar], terminal: true) == "100 %\ndone\n")
        #expect(try show([bar]) == "10 %\r20 %\r100 %\ndone\n")
        let result =
            #"{"toolCallId":"1","status":"completed","content":[{"type":"content","content":{"type":"text","text":"10 %\r20 %\r\nend"}}]}"#
        let tool = [("tool_call", #"{"toolCallId":"1","title":"get"}"#), ("tool_call_update", result)]
        #expect(try show(tool) == "● get\n  20 %\n  end\n")
    }

    @Test("What may still be overwritten is the tail")
    func tail() throws {
        var transcript = Transcript(style: .plain, isTerminal: true)
        func show(_ text: String) throws -> [String] {
            let data = try JSONDecoder().decode(JSONValue.self, from: Data(chunk(text).1.utf8))
            let shown = transcript.show(EventBody(seq: 1, kind: "agent_message_chunk", time: .now(), data: data))
            return [shown, transcript.tail]
        }
        #expect(try show("10 %") == ["", "10 %"])
        #expect(try show(#"\r20 %"#) == ["", "20 %"])
        #expect(try show(#"\u001b]0;title"#) == ["", "20 %␛]0;title"])
        #expect(try show(#"\u0007!"#) == ["", "20 %!"])
        #expect(transcript.end() == "20 %!\n")
    }

    @Test("An agent's colours are kept on a terminal with colours, and end with the text")
    func keepsColours() throws {
        let events = [chunk(#"\u001b[1;31mred"#), ("log", #"{"level":"notice","message":"x"}"#), chunk("plain")]
        let text = try show(events, style: TextStyle(colours: true), terminal: true)
        #expect(text == "\u{1b}[1;31mred\u{1b}[0m\n\u{1b}[2m· x\u{1b}[0m\nplain\n")
        #expect(try show(events, terminal: true) == "red\n· x\nplain\n")
    }

    private func chunk(_ text: String, _ id: String, kind: String = "agent_message_chunk") -> (String, String) {
        (kind, #"{"content":{"type":"text","text":"\#(text)"},"_meta":{"messageId":"\#(id)"}}"#)
    }

    @Test("Another message or block begins a line, in a terminal and in a file", arguments: [false, true])
    func textBoundaries(_ terminal: Bool) throws {
        let blocks = [chunk("All tests ", "m1:0"), chunk("pass.", "m1:0"), chunk("Wait, one is missing.", "m1:1")]
        #expect(try show(blocks, terminal: terminal) == "All tests pass.\nWait, one is missing.\n")
        let debug = ("log", #"{"level":"debug","message":"x"}"#)
        let messages = [
            chunk("One.", "m1:0"), debug, ("usage", "{}"), chunk("Two.\\n", "m2:0"), chunk("Three.", "m3:0"),
        ]
        #expect(try show(messages, terminal: terminal) == "One.\nTwo.\nThree.\n")
        // Shell output has no ids.
        #expect(try show([chunk("a"), debug, chunk("b")], terminal: terminal) == "ab\n")
        let thoughts = [
            chunk("hm", "m1:0", kind: "agent_thought_chunk"), chunk("so", "m1:1", kind: "agent_thought_chunk"),
        ]
        let shown = try show(thoughts, style: TextStyle(colours: true), terminal: true)
        #expect(shown == "\u{1b}[2mhm\u{1b}[0m\n\u{1b}[2mso\u{1b}[0m\n")
    }

    @Test("Logs at debug level are hidden, a person's message and a usage limit are shown")
    func newKinds() throws {
        let text = try show([
            chunk("Working", "m1:0"), ("log", #"{"level":"debug","message":"unknown line"}"#),
            chunk("also\\nthe docs", "u1", kind: "user_message_chunk"), chunk("Sure.", "m2:0"),
            ("waiting", #"{"waiting_for":"background","since":"1970-01-01T00:00:06.000Z"}"#),
            (
                "state",
                #"{"state":"queued","waiting_for":"limit","waiting":{"since":"1970-01-01T00:00:06.000Z","until":"1970-01-01T00:10:00.000Z"}}"#
            ),
            ("state", #"{"state":"queued","waiting_for":"limit","queue_position":1}"#),
        ])
        #expect(
            text == """
                Working
                > also
                > the docs
                Sure.
                ! the agent's usage limit is reached; the task waits until 1970-01-01T00:10:00.000Z

                """)
    }

    @Test("A text that is abandoned and written again is told apart, and dimmed where it can be")
    func supersededText() throws {
        let events = [
            chunk("alpha beta ", "m1:0"),
            ("log", #"{"level":"warning","message":"the stream was cut; once more","_meta":{"superseded":["m1:0"]}}"#),
            chunk("alpha beta gamma", "m2:0"),
        ]
        #expect(try show(events) == "alpha beta \n! the stream was cut; once more\nalpha beta gamma\n")
        let live = try show(events, style: TextStyle(colours: true), terminal: true)
        #expect(live.hasPrefix("\u{1b}[2malpha beta \u{1b}[0m\n\u{1b}[33m! the stream"))
        #expect(live.hasSuffix("\u{1b}[0m\nalpha beta gamma\n"))
        // Also where the agent's own words are for a closer look only.
        let debug = ("log", #"{"level":"debug","message":"cut","_meta":{"superseded":["m1:0"]}}"#)
        #expect(try show([events[0], debug, events[2]]) == "alpha beta \n· cut\nalpha beta gamma\n")
    }

    @Test("Bytes that are not UTF-8 are readable on a terminal and exact in a file")
    func exactBytes() throws {
        let data = #"{"content":{"type":"text","text":"Gr\ufffd\ufffde","encoding":"base64","data":"R3L832U="}}"#
        let event = EventBody(
            seq: 1, kind: "agent_message_chunk", time: .now(),
            data: try JSONDecoder().decode(JSONValue.self, from: Data(data.utf8)))
        #expect(try show([("agent_message_chunk", data)], terminal: true) == "Gr\u{fffd}\u{fffd}e\n")
        var file = Transcript(style: .plain, isTerminal: false)
        #expect(file.part(event) == .output([0x47, 0x72, 0xfc, 0xdf, 0x65]))
        #expect(file.end() == "")
    }

    @Test("What a command wrote to standard error is for standard error in a file, and red on a terminal with colours")
    func standardError() throws {
        let errors = #"{"content":{"type":"text","text":"err\n"},"_meta":{"stream":"stderr"}}"#
        let bytes =
            #"{"content":{"type":"text","text":"\ufffd","encoding":"base64","data":"/w=="},"_meta":{"stream":"stderr"}}"#
        var file = Transcript(style: .plain, isTerminal: false)
        let parts = try [chunk("out").1, errors, bytes].map { data in
            file.part(
                EventBody(
                    seq: 1, kind: "agent_message_chunk", time: .now(),
                    data: try JSONDecoder().decode(JSONValue.self, from: Data(data.utf8))))
        }
        #expect(parts == [.output(Array("out".utf8)), .errors(Array("err\n".utf8)), .errors([0xff])])
        #expect(file.end() == "\n", "the line of standard output is the one that is unfinished")
        let events = [chunk("out\\n"), ("agent_message_chunk", errors), chunk("on\\n")]
        let coloured = try show(events, style: TextStyle(colours: true), terminal: true)
        #expect(coloured == "out\n\u{1b}[31merr\u{1b}[0m\non\n", "\(coloured)")
        #expect(try show(events, terminal: true) == "out\nerr\non\n")
    }

    @Test("Content that is not text is shown by its size")
    func binaryContent() throws {
        let text = try show([("agent_message_chunk", #"{"content":{"encoding":"base64","data":"AAECAwQF"}}"#)])
        #expect(text == "(6 bytes that are not text)\n")
    }

    @Test("The last event carries the final state and the error")
    func lastEvent() throws {
        let line =
            #"{"seq":4,"kind":"state","time":"2026-03-01T09:30:00.250Z","data":{"state":"failed","error":{"code":"exit_status","message":"no"}}}"#
        let event = try JSONDecoder().decode(EventBody.self, from: Data(line.utf8))
        #expect(event.taskEnd?.state == .failed)
        #expect(event.taskEnd?.error == Fault(.exitStatus, "no"))
    }
}

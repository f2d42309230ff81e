import Foundation
import Messages
import Testing

/// The payload of each event kind against `Golden/payloads`: the bytes that agents and the dispatcher write.
@Suite("Event payloads")
struct PayloadTests {
    static let folder = GoldenTests.folder.appending(path: "payloads")

    /// A payload with the name of its golden file: the event kind, and a variant behind a dot.
    struct Sample: Sendable, CustomStringConvertible {
        var description: String
        var bytes: [UInt8]
        var check: @Sendable ([UInt8]) throws -> Void

        /// - Parameter read: What a reader makes of the bytes, where that differs from `payload`.
        init<P: EventPayload>(_ name: String, _ payload: P, read: P? = nil) {
            description = name
            bytes = payload.bytes
            check = { golden in
                let read = read ?? payload
                #expect(try P(reading: golden) == read)
                let grown = String(decoding: golden.dropLast(), as: UTF8.self) + #","mood":{"fine":1}}"#
                _ = try P(reading: Array(grown.utf8))
            }
        }
    }

    private static let stall = Stall(
        since: Samples.time, failsAt: Samples.time.adding(seconds: 30), requeuesAt: Samples.time.adding(seconds: 31))
    private static let pending = ApprovalView(
        id: Samples.approval, task: Samples.task, attempt: 1, conversation: Samples.conversation, tool: "Bash",
        title: "ls", input: ["command": "ls \"x\"", "nested": [1, .number(1.5), nil, true, ["a/b": "c"]]],
        state: .pending, requestedAt: Samples.time, expiresAt: Samples.time)

    static let samples: [Sample] = [
        Sample(
            "agent_message_chunk", TextPayload(.escapedText(Array(#"say \"hällo\"\\\n"#.utf8))),
            read: TextPayload(.text("say \"hällo\"\\\n"))),
        Sample("agent_message_chunk.stderr", TextPayload(.text("oops"), meta: PayloadMeta(stream: "stderr"))),
        Sample("agent_message_chunk.binary", TextPayload(.binary([0xff, 0xfe, 0x00, 0x41]))),
        Sample(
            "agent_message_chunk.replaced",
            TextPayload(.replacedText("Gr\u{fffd}", bytes: [0x47, 0x72, 0xfc]))),
        Sample("agent_thought_chunk", TextPayload(.text("hm"), meta: PayloadMeta(parentToolCall: "toolu_9"))),
        Sample(
            "tool_call.announced", ToolCallPayload(id: "toolu_1", title: "Bash", kind: "execute", status: "pending")),
        Sample(
            "tool_call",
            ToolCallPayload(
                id: "toolu_2", title: "Read /a \"b\"", kind: "read", status: "in_progress",
                input: ["file_path": "/a \"b\""], meta: PayloadMeta(parentToolCall: "toolu_1"))),
        Sample(
            "tool_call_update.started",
            ToolCallUpdatePayload(
                id: "toolu_1", title: "npm test", status: "in_progress",
                input: ["command": "npm test", "timeout": 60])),
        Sample(
            "tool_call_update",
            ToolCallUpdatePayload(id: "toolu_1", status: "completed", content: [.text("ok\n")])),
        Sample(
            "tool_call_update.child",
            ToolCallUpdatePayload(
                id: "toolu_2", status: "failed", content: [.text("ok")],
                meta: PayloadMeta(parentToolCall: "toolu_1"))),
        Sample("tool_call_update.empty", ToolCallUpdatePayload(id: "toolu_3", status: "completed")),
        Sample(
            "plan",
            PlanPayload(entries: [
                .init(content: "write", priority: "medium", status: "in_progress"),
                .init(content: "test", priority: "high", status: "pending"),
            ])),
        Sample("permission_request", pending), Sample("permission_resolved", Samples.approvalView),
        Sample(
            "usage",
            UsagePayload(
                inputTokens: 10, outputTokens: 20, cacheReadTokens: 30, cacheCreationTokens: 40, turns: 3,
                duration: 1234, cost: 0.0125)),
        Sample("state", StatePayload(state: .completed)),
        Sample("state.queued", StatePayload(state: .queued, reason: .deviceBusy, queuePosition: 3)),
        Sample(
            "state.running",
            StatePayload(
                state: .running, device: "a1b2c3", deviceName: "Linux - \"box\"", attempt: 2, waitingFor: .approval)),
        Sample(
            "state.waiting",
            StatePayload(
                state: .running, attempt: 2, waitingFor: .background,
                waiting: Waiting(since: Samples.time, until: Samples.time, what: "a background command"))),
        Sample("state.stalled", StatePayload(state: .running, attempt: 2, stalled: stall)),
        Sample("state.failed", StatePayload(state: .failed, error: Samples.fault)),
        Sample("log", LogPayload(level: "warning", message: "output was lost", source: "dispatcher")),
        Sample(
            "log.retry",
            LogPayload(
                level: "notice", message: "the model is overloaded", source: "claude-code", superseded: ["msg_1:0"],
                retry: ModelRetry(attempt: 2, of: 10, status: 529, waitS: 1.5))),
        Sample(
            "waiting",
            WaitingPayload(waitingFor: .background, since: Samples.time, what: "a background command: sleep 300")),
        Sample("waiting.over", WaitingPayload(waitingFor: nil, since: Samples.time)),
        Sample(
            "user_message_chunk",
            TextPayload(.text("use tabs"), meta: PayloadMeta(message: Samples.message.description))),
        Sample(
            "log.executor", LogPayload(level: "notice", message: "a \"tool\" was denied", source: "claude-code")),
    ]

    @Test("Each payload is written and read as its golden file", arguments: samples)
    func payloadIsItsGoldenFile(sample: Sample) throws {
        let golden = [UInt8](try Data(contentsOf: Self.folder.appending(path: "\(sample).json")))
        #expect(golden == sample.bytes, "\(sample) is \(String(decoding: sample.bytes, as: UTF8.self)) now")
        try sample.check(golden)
    }

    @Test("Each event kind has a golden file, and each file a sample")
    func everyKindHasAFile() throws {
        let files = Set(try FileManager.default.contentsOfDirectory(atPath: Self.folder.path))
        #expect(files == Set(Self.samples.map { "\($0).json" }))
        #expect(EventKind.all.filter { !files.contains("\($0).json") } == [])
    }

    @Test("A content block of an unknown type keeps its name")
    func unknownBlocksAreNamed() throws {
        let blocks = #"[{"type":"diff","path":"/a"},{"type":"content","content":{"type":"image"}}]"#
        let text = #"{"toolCallId":"1","content":\#(blocks)}"#
        let payload = try ToolCallUpdatePayload(reading: Array(text.utf8))
        #expect(payload.content == [.other(type: "diff"), .other(type: "image")])
        #expect(payload.status == nil)
    }

    @Test("A body reads its payload, and refuses another kind's")
    func bodiesReadTheirPayload() throws {
        let text = #"{"seq":7,"kind":"state","time":"2026-03-01T09:30:00.250Z","data":{"state":"running","attempt":2}}"#
        let body = try JSONDecoder().decode(EventBody.self, from: Data(text.utf8))
        #expect(body.payload(StatePayload.self) == StatePayload(state: .running, attempt: 2))
        #expect(body.payload(LogPayload.self) == nil)
    }
}

/// The writer of strings and objects that every payload goes through.
@Suite("The JSON writer")
struct JSONWriterTests {
    @Test("Every character reads back, escaped as Foundation escapes it")
    func everyCharacterReadsBack() throws {
        let text = String(String.UnicodeScalarView((0...0x2ff).compactMap(Unicode.Scalar.init))) + "\u{2028}😀"
        var writer = JSONWriter()
        writer.write(text)
        #expect(try JSONDecoder().decode(String.self, from: Data(writer.bytes)) == text)
        let encoder = JSONEncoder()
        encoder.outputFormatting = .withoutEscapingSlashes
        #expect(try encoder.encode(text) == Data(writer.bytes))
    }

    @Test("The width of a byte is what its escape takes", arguments: UInt8.min...UInt8.max)
    func widthsAreThoseOfEscapes(byte: UInt8) {
        var out: [UInt8] = []
        JSONWriter.escape(byte, to: &out)
        #expect(out.count == JSONWriter.width(byte))
    }

    @Test("Fields are separated by commas, and those without a value are left out")
    func objectsAreWritten() {
        var writer = JSONWriter()
        writer.beginObject()
        writer.field("none", String?.none)
        writer.field("a", 1)
        writer.field("b", "x\ty")
        writer.field("c", 1.5)
        writer.key("d")
        writer.beginArray()
        for value in 1...2 {
            writer.separate()
            writer.write(.whole(Int64(value)))
        }
        writer.endArray()
        writer.field("e", JSONValue.null)
        writer.endObject()
        #expect(String(decoding: writer.bytes, as: UTF8.self) == #"{"a":1,"b":"x\ty","c":1.5,"d":[1,2],"e":null}"#)
    }
}

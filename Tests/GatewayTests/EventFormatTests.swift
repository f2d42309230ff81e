import Messages
import NIOCore
import TestClient
import Testing

@testable import Gateway

@Suite("Event format")
struct EventFormatTests {
    private let time = Timestamp(milliseconds: 1_772_357_400_250)

    private func event(_ seq: UInt64, _ payload: String, kind: EventKind = .agentMessageChunk) -> Event {
        Event(task: .generate(), seq: seq, kind: kind, time: time, payload: Array(payload.utf8))
    }

    @Test("A page has the payloads byte by byte")
    func page() {
        let odd = #"{"content":{"type":"text","text":"a\u00e9\ud83d\ude00 é😀"},"n":1.50, "big":12345678901234567890}"#
        let text = String(buffer: EventFormat.page([event(1, odd), event(2, "{}", kind: .log)], next: 2))
        #expect(
            text == #"{"items":[{"seq":1,"kind":"agent_message_chunk","time":"2026-03-01T09:30:00.250Z","data":"# + odd
                + #"},{"seq":2,"kind":"log","time":"2026-03-01T09:30:00.250Z","data":{}}],"next":2}"#)
        #expect(String(buffer: EventFormat.page([], next: nil)) == #"{"items":[],"next":null}"#)
    }

    @Test("A server-sent event has the event's seq and kind")
    func stream() {
        let text = String(
            buffer: EventFormat.stream([event(7, #"{"a":1}"#), event(8, "{}", kind: EventKind(code: 99))]))
        #expect(
            text == """
                id: 7
                event: agent_message_chunk
                data: {"seq":7,"kind":"agent_message_chunk","time":"2026-03-01T09:30:00.250Z","data":{"a":1}}

                id: 8
                event: unknown_99
                data: {"seq":8,"kind":"unknown_99","time":"2026-03-01T09:30:00.250Z","data":{}}


                """)
    }

    @Test("Line breaks between a payload's tokens do not break the stream")
    func breaks() throws {
        let pretty = "{\r\n  \"a\": \"x\\ny\",\n  \"b\": [1,\n2]\n}"
        let text = String(buffer: EventFormat.stream([event(1, pretty), event(2, "{}")]))
        #expect(text.split(separator: "\n", omittingEmptySubsequences: false).count == 9)
        let line = try #require(text.split(separator: "\n").first { $0.hasPrefix("data: ") })
        let data = try JSON(line.dropFirst(6).utf8)["data"]
        #expect(data == (try JSON(pretty.utf8)))
    }
}

import Testing

@testable import Curl

@Suite("Server-sent events")
struct ServerSentEventsTests {
    static let stream =
        "\u{feff}: hello\nid: 1\nevent: state\ndata: {\"a\":1}\n\n"
        + ": heartbeat\r\n\r\nid:2\r\ndata:one\r\ndata: two\r\ndata\r\n\r\nretry: 1500\rdata:  Grüße 👋\r\r"
        + "event: empty\n\nid: with\u{0}nul\nother: x\ndata: last\n\ndata: never ended"

    static let events = [
        ServerSentEvent(id: "1", name: "state", data: [UInt8](#"{"a":1}"#.utf8)),
        ServerSentEvent(id: "2", data: [UInt8]("one\ntwo\n".utf8)),
        ServerSentEvent(id: "2", data: [UInt8](" Grüße 👋".utf8)),
        ServerSentEvent(id: "2", data: [UInt8]("last".utf8)),
    ]

    @Test("A stream is parsed")
    func whole() throws {
        var parser = ServerSentEvents()
        #expect(try parser.push([UInt8](Self.stream.utf8)) == Self.events)
        #expect(parser.lastEventID == "2")
        #expect(parser.retry == 1500)
    }

    @Test("A stream is parsed in pieces of any size", arguments: [1, 2, 3, 5, 7])
    func pieces(_ size: Int) throws {
        let bytes = [UInt8](Self.stream.utf8)
        var parser = ServerSentEvents()
        var events: [ServerSentEvent] = []
        for start in stride(from: 0, to: bytes.count, by: size) {
            events += try parser.push(Array(bytes[start..<min(start + size, bytes.count)]))
        }
        #expect(events == Self.events)
    }

    @Test("A stream is parsed when cut in two anywhere")
    func cut() throws {
        let bytes = [UInt8](Self.stream.utf8)
        for cut in 0...bytes.count {
            var parser = ServerSentEvents()
            let events = try parser.push(Array(bytes[..<cut])) + parser.push(Array(bytes[cut...]))
            #expect(events == Self.events, "cut at \(cut)")
        }
    }

    @Test("An endless line is an error")
    func endlessLine() {
        var parser = ServerSentEvents()
        let error = #expect(throws: CurlError.self) {
            for _ in 0..<40 { _ = try parser.push([UInt8](repeating: 0x61, count: 1 << 20)) }
        }
        #expect(error?.kind == .tooLarge)
    }
}

import Messages
import NIOCore

/// Writes events as JSON and as server-sent events. Payloads are copied byte by byte and never decoded.
enum EventFormat {
    /// `{"items":[…],"next":SEQ|null}`.
    static func page(_ events: [Event], next: UInt64?) -> ByteBuffer {
        var out = ByteBuffer()
        out.reserveCapacity(events.reduce(64) { $0 + $1.payload.count + 128 })
        out.writeString(#"{"items":["#)
        for (index, event) in events.enumerated() {
            if index > 0 { out.writeString(",") }
            write(event, to: &out)
        }
        out.writeString(#"],"next":"#)
        out.writeString(next.map(String.init) ?? "null")
        out.writeString("}")
        return out
    }

    /// The events of a batch as server-sent events.
    static func stream(_ events: [Event]) -> ByteBuffer {
        var out = ByteBuffer()
        out.reserveCapacity(events.reduce(0) { $0 + $1.payload.count + 192 })
        for event in events {
            out.writeString("id: \(event.seq)\nevent: \(event.kind)\ndata: ")
            let start = out.writerIndex
            write(event, to: &out)
            replaceLineBreaks(in: &out, from: start)
            out.writeString("\n\n")
        }
        return out
    }

    /// A heartbeat: a comment, which clients skip.
    static let heartbeat = ByteBuffer(string: ": \n\n")

    /// An event as the text of a WebSocket message: `{"type":"event","id":ID,"event":{…}}`, with the id as JSON.
    static func message(_ event: Event, id: String) -> ByteBuffer {
        var out = ByteBuffer()
        out.reserveCapacity(event.payload.count + id.utf8.count + 160)
        out.writeString(#"{"type":"event","id":\#(id),"event":"#)
        write(event, to: &out)
        out.writeString("}")
        return out
    }

    private static func write(_ event: Event, to out: inout ByteBuffer) {
        out.writeString(#"{"seq":\#(event.seq),"kind":"\#(event.kind)","time":"\#(event.time)","data":"#)
        if event.payload.isEmpty { out.writeString("null") } else { out.writeBytes(event.payload) }
        out.writeString("}")
    }

    /// A line break would end the `data` field. In JSON it can only be white space between tokens, so a space is
    /// the same document.
    private static func replaceLineBreaks(in out: inout ByteBuffer, from start: Int) {
        let bytes = out.viewBytes(at: start, length: out.writerIndex - start) ?? out.readableBytesView
        guard bytes.contains(where: { $0 == 0x0a || $0 == 0x0d }) else { return }
        for index in start..<out.writerIndex {
            if let byte: UInt8 = out.getInteger(at: index), byte == 0x0a || byte == 0x0d {
                out.setInteger(UInt8(ascii: " "), at: index)
            }
        }
    }
}

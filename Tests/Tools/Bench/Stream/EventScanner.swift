import Foundation
import TestClient

/// Reads server-sent events as the gateway writes them, without decoding what is in them: the viewer shares the
/// processor with what is measured.
struct EventScanner {
    /// An event; its bytes are only valid while it is looked at.
    struct Event {
        var seq: Int
        var kind: UnsafeRawBufferPointer
        var data: UnsafeRawBufferPointer

        var isText: Bool { kind.elementsEqual("agent_message_chunk".utf8) }

        /// The text as it stands in JSON, for texts without quotes; nil when there is none.
        var text: UnsafeRawBufferPointer? {
            guard let start = data.range(of: #""text":""#) else { return nil }
            let rest = UnsafeRawBufferPointer(rebasing: data[start...])
            guard let end = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
            return UnsafeRawBufferPointer(rebasing: rest[..<end])
        }

        /// The end that a task has come to, when this tells it.
        var terminal: String? {
            guard kind.elementsEqual("state".utf8), let event = try? TaskEvent(JSON(data)), event.isTerminal else {
                return nil
            }
            return event.state
        }
    }

    private var rest: [UInt8] = []
    private var seq = 0
    private var kind: [UInt8] = []

    /// Adds what has come and tells each event that is whole.
    /// - Throws: what `body` throws.
    mutating func feed(_ bytes: [UInt8], _ body: (Event) throws -> Void) throws {
        let all = rest.isEmpty ? bytes : rest + bytes
        var done = 0
        try all.withUnsafeBytes { all in
            while let base = all.baseAddress, let end = memchr(base + done, 0x0a, all.count - done) {
                let stop = UnsafeRawPointer(end) - base
                try take(UnsafeRawBufferPointer(rebasing: all[done..<stop]), body)
                done = stop + 1
            }
        }
        rest = done == 0 ? all : Array(all[done...])
    }

    private mutating func take(_ line: UnsafeRawBufferPointer, _ body: (Event) throws -> Void) throws {
        if let value = line.after("id: ") {
            seq = value.reduce(0) { $0 * 10 + Int($1 &- UInt8(ascii: "0")) }
        } else if let value = line.after("event: ") {
            kind = Array(value)
        } else if let value = line.after("data: ") {
            try kind.withUnsafeBytes { try body(Event(seq: seq, kind: $0, data: value)) }
        }
    }
}

extension UnsafeRawBufferPointer {
    /// What follows `prefix` at the start; nil when it does not start so.
    fileprivate func after(_ prefix: StaticString) -> UnsafeRawBufferPointer? {
        let size = prefix.utf8CodeUnitCount
        guard count >= size, let base = baseAddress, memcmp(base, prefix.utf8Start, size) == 0 else { return nil }
        return UnsafeRawBufferPointer(rebasing: self[size...])
    }

    /// Where `text` ends in it for the first time; nil when it is not there.
    fileprivate func range(of text: StaticString) -> Int? {
        guard let base = baseAddress else { return nil }
        let size = text.utf8CodeUnitCount
        var start = 0
        while start + size <= count,
            let found = memchr(base + start, Int32(text.utf8Start[0]), count - start - size + 1)
        {
            let place = UnsafeRawPointer(found)
            if memcmp(place, text.utf8Start, size) == 0 { return place - base + size }
            start = place - base + 1
        }
        return nil
    }
}

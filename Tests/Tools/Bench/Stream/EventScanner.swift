import Foundation
import TestClient

/// Scans server-sent events as the gateway writes them, without decoding their data: the viewer shares the processor with
/// the measured services.
struct EventScanner {
    /// An event; its bytes are only valid during the callback.
    struct Event {
        var seq: Int
        var kind: UnsafeRawBufferPointer
        var data: UnsafeRawBufferPointer

        var isText: Bool { kind.elementsEqual("agent_message_chunk".utf8) }

        /// The text as JSON, for texts without quotes; nil when there is none.
        var text: UnsafeRawBufferPointer? {
            guard let start = data.end(of: #""text":""#) else { return nil }
            let rest = UnsafeRawBufferPointer(rebasing: data[start...])
            guard let end = rest.firstIndex(of: UInt8(ascii: "\"")) else { return nil }
            return UnsafeRawBufferPointer(rebasing: rest[..<end])
        }

        /// The final state of the task, for the terminal event.
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

    /// Adds received bytes and passes each complete event to `body`.
    /// - Throws: what `body` throws.
    mutating func feed(_ bytes: [UInt8], _ body: (Event) throws -> Void) throws {
        let all = rest.isEmpty ? bytes : rest + bytes
        var done = 0
        try all.withUnsafeBytes { all in
            while let base = all.baseAddress, let end = memchr(base + done, 0x0a, all.count - done) {
                let stop = UnsafeRawPointer(end) - base
                try parseLine(UnsafeRawBufferPointer(rebasing: all[done..<stop]), body)
                done = stop + 1
            }
        }
        rest = done == 0 ? all : Array(all[done...])
    }

    private mutating func parseLine(_ line: UnsafeRawBufferPointer, _ body: (Event) throws -> Void) throws {
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
    /// Returns the bytes after `prefix`; nil when they do not start with it.
    fileprivate func after(_ prefix: StaticString) -> UnsafeRawBufferPointer? {
        let size = prefix.utf8CodeUnitCount
        guard count >= size, let base = baseAddress, memcmp(base, prefix.utf8Start, size) == 0 else { return nil }
        return UnsafeRawBufferPointer(rebasing: self[size...])
    }

    /// Returns the offset behind the first `text`; nil when there is none.
    fileprivate func end(of text: StaticString) -> Int? {
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

/// What a service must know of an event without decoding its payload.
public struct EventFlags: OptionSet, Hashable, Sendable {
    public let rawValue: UInt16
    public init(rawValue: UInt16) { self.rawValue = rawValue }
    /// The last event of its task; nothing follows.
    public static let terminal = EventFlags(rawValue: 1)
}

/// One event of a task. The payload is JSON, exactly as its producer wrote it; no service between the executor and the
/// viewer changes it. The dispatcher reads a few kinds: those that open or close something, and those it acts on.
///
/// On the wire: 56 bytes, little endian, then the payload.
///
/// | bytes | field |
/// |---|---|
/// | 0 | layout version, 1 |
/// | 1 | kind |
/// | 2-3 | flags |
/// | 4-7 | payload length in bytes, at most 1 MiB |
/// | 8-23 | task id, in the order of its text |
/// | 24-27 | attempt; 0 = the dispatcher's own event |
/// | 28-31 | 0, reserved |
/// | 32-39 | attempt_seq, from 1 per attempt; 0 = the dispatcher's own event |
/// | 40-47 | seq, from 1 per task; 0 = not yet committed |
/// | 48-55 | time, ms since 1970 |
public struct Event: Sendable, Equatable {
    /// Bytes before the payload.
    public static let headerSize = 56
    /// The largest payload in bytes; a producer splits longer output.
    public static let longestPayload = 1 << 20

    /// The task.
    public var task: TaskID
    /// The attempt, from 1; 0 = the dispatcher's own event.
    public var attempt: UInt32
    /// The event's number in its attempt, from 1; 0 = the dispatcher's own event.
    public var attemptSeq: UInt64
    /// The event's number in its task, from 1; 0 = not yet committed.
    public var seq: UInt64
    /// What the payload is.
    public var kind: EventKind
    /// What services know without the payload.
    public var flags: EventFlags
    /// When the event was made, by its producer's clock.
    public var time: Timestamp
    /// One JSON object in UTF-8.
    public var payload: [UInt8]

    public init(
        task: TaskID, attempt: UInt32 = 0, attemptSeq: UInt64 = 0, seq: UInt64 = 0, kind: EventKind,
        flags: EventFlags = [], time: Timestamp = .now(), payload: [UInt8]
    ) {
        self.task = task
        self.attempt = attempt
        self.attemptSeq = attemptSeq
        self.seq = seq
        self.kind = kind
        self.flags = flags
        self.time = time
        self.payload = payload
    }

    /// How many bytes the event takes on the wire.
    public var encodedSize: Int { Self.headerSize + payload.count }

    /// Appends the event's bytes.
    public func encode(into out: inout [UInt8]) {
        out.append(1)
        out.append(kind.code)
        out.appendLittleEndian(flags.rawValue)
        out.appendLittleEndian(UInt32(payload.count))
        out.appendLittleEndian(task.high.byteSwapped)
        out.appendLittleEndian(task.low.byteSwapped)
        out.appendLittleEndian(attempt)
        out.appendLittleEndian(UInt32(0))
        out.appendLittleEndian(attemptSeq)
        out.appendLittleEndian(seq)
        out.appendLittleEndian(time.milliseconds)
        out.append(contentsOf: payload)
    }

    /// Reads the event at `offset` and moves `offset` behind it.
    /// - Throws: ``Fault`` with code `malformed`.
    public static func decode(_ bytes: UnsafeRawBufferPointer, at offset: inout Int) throws -> Event {
        guard offset >= 0, bytes.count - offset >= headerSize else {
            throw Fault(.malformed, "an event is cut off at byte \(offset)")
        }
        guard bytes[offset] == 1 else { throw Fault(.malformed, "event layout \(bytes[offset]) is unknown") }
        let length = Int(bytes.littleEndian(UInt32.self, at: offset + 4))
        guard length <= longestPayload, bytes.count - offset - headerSize >= length else {
            throw Fault(.malformed, "an event has an impossible length of \(length)")
        }
        let payload = bytes[(offset + headerSize)..<(offset + headerSize + length)]
        let event = Event(
            task: TaskID(
                high: bytes.littleEndian(UInt64.self, at: offset + 8).byteSwapped,
                low: bytes.littleEndian(UInt64.self, at: offset + 16).byteSwapped),
            attempt: bytes.littleEndian(UInt32.self, at: offset + 24),
            attemptSeq: bytes.littleEndian(UInt64.self, at: offset + 32),
            seq: bytes.littleEndian(UInt64.self, at: offset + 40),
            kind: EventKind(code: bytes[offset + 1]),
            flags: EventFlags(rawValue: bytes.littleEndian(UInt16.self, at: offset + 2)),
            time: Timestamp(milliseconds: bytes.littleEndian(Int64.self, at: offset + 48)),
            payload: [UInt8](UnsafeRawBufferPointer(rebasing: payload)))
        offset += headerSize + length
        return event
    }
}

/// Events one after the other, on the wire and in a spool file.
public struct EventBatch: BinaryMessage, Equatable {
    public static let type = "events.batch"
    /// The most bytes a batch should grow to before it is sent; one large event may go over it.
    public static let preferredSize = 256 << 10

    /// The events in their order.
    public var events: [Event]

    public init(_ events: [Event]) { self.events = events }

    public init(bytes: [UInt8]) throws {
        events = try bytes.withUnsafeBytes { buffer in
            var events: [Event] = []
            var offset = 0
            while offset < buffer.count { events.append(try Event.decode(buffer, at: &offset)) }
            return events
        }
    }

    public var bytes: [UInt8] {
        var out = [UInt8]()
        out.reserveCapacity(events.reduce(0) { $0 + $1.encodedSize })
        for event in events { event.encode(into: &out) }
        return out
    }
}

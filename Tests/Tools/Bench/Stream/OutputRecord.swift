import TestClient

/// A viewer's record of the output of ``EmitCommand``.
struct OutputRecord {
    /// Events with output.
    var events = 0
    /// Events that hold exactly one write of the agent.
    var single = 0
    /// Writes of the agent in all events.
    var lines = 0
    /// Bytes of the agent in all events.
    var bytes = 0
    /// The seq of the last event of any kind.
    var seq = 0
    /// When the first output arrived.
    var first: ContinuousClock.Instant?
    /// When the last output arrived.
    var last: ContinuousClock.Instant?
    /// The longest time between two outputs since ``startPauses()``.
    var pause: Duration = .zero
    /// Milliseconds from the agent's timestamp of each line to its arrival, if ``keepsLatencies``.
    var latencies: [Double] = []
    var keepsLatencies = false
    /// The timestamp of an incomplete line.
    private var stamp: Int64 = 0
    /// The bytes of an incomplete line.
    private var partial = 0
    /// The final state of the task.
    var end: String?
    /// When the final state arrived.
    var endedAt: ContinuousClock.Instant?

    /// Measures pauses from now on, including the one that started with the last output.
    mutating func startPauses() { pause = .zero }

    /// Records an event that arrived at `now`, which is `wall` on the agent's clock.
    /// - Throws: ``Malformed`` when an event is missing or repeated.
    mutating func record(_ event: EventScanner.Event, _ now: ContinuousClock.Instant, _ wall: Int64) throws {
        guard event.seq == seq + 1 else { throw Malformed(description: "seq \(event.seq) came after \(seq)") }
        seq = event.seq
        if event.isText, let text = event.text {
            recordOutput(text, now, wall)
        } else if let state = event.terminal {
            end = state
            endedAt = now
        }
    }

    private mutating func recordOutput(_ text: UnsafeRawBufferPointer, _ now: ContinuousClock.Instant, _ wall: Int64) {
        let startsLine = partial == 0
        let before = lines
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "\\") {
                // An escaped line feed, two characters; nothing else in a line is escaped.
                finishLine(wall)
                index += 1
            } else {
                if partial < 19 { stamp = stamp &* 10 &+ Int64(byte &- UInt8(ascii: "0")) }
                partial += 1
                bytes += 1
            }
            index += 1
        }
        events += 1
        if startsLine, partial == 0, lines == before + 1 { single += 1 }
        if let last { pause = max(pause, now - last) }
        first = first ?? now
        last = now
    }

    private mutating func finishLine(_ wall: Int64) {
        if keepsLatencies { latencies.append(Double(wall - stamp) / 1e6) }
        lines += 1
        bytes += 1
        stamp = 0
        partial = 0
    }
}

import TestClient

/// What a viewer has seen of the output of ``EmitCommand``.
struct Seen {
    /// Events with output.
    var events = 0
    /// Those of them that are one write of the agent and no more.
    var single = 0
    /// Writes of the agent in them.
    var lines = 0
    /// Bytes of the agent in them.
    var bytes = 0
    /// The number of the last event of any kind.
    var seq = 0
    /// When the first and the last output was here.
    var first: ContinuousClock.Instant?
    var last: ContinuousClock.Instant?
    /// The longest time between two outputs that were here since ``startPauses(at:)``.
    var pause: Duration = .zero
    /// From the agent's timestamp of each line to its arrival, in milliseconds; only when asked for.
    var latencies: [Double] = []
    var keepsLatencies = false
    /// The digits of a line whose beginning has come, and how many bytes that was.
    private var stamp: Int64 = 0
    private var begun = 0
    /// How the task ended.
    var end: String?
    /// When that was here.
    var endedAt: ContinuousClock.Instant?

    /// Measures pauses from now on, beginning with the one that began with the last output.
    mutating func startPauses() { pause = .zero }

    /// Takes an event that was here at `now`, which is `wall` on the agent's clock.
    /// - Throws: ``Malformed`` when one is missing or came twice.
    mutating func take(_ event: EventScanner.Event, _ now: ContinuousClock.Instant, _ wall: Int64) throws {
        guard event.seq == seq + 1 else { throw Malformed(description: "seq \(event.seq) came after \(seq)") }
        seq = event.seq
        if event.isText, let text = event.text {
            output(text, now, wall)
        } else if let state = event.terminal {
            end = state
            endedAt = now
        }
    }

    private mutating func output(_ text: UnsafeRawBufferPointer, _ now: ContinuousClock.Instant, _ wall: Int64) {
        let wasWhole = begun == 0
        let before = lines
        var index = 0
        while index < text.count {
            let byte = text[index]
            if byte == UInt8(ascii: "\\") {
                // An escaped line break, two characters; nothing else in a line is escaped.
                finishLine(wall)
                index += 1
            } else {
                if begun < 19 { stamp = stamp &* 10 &+ Int64(byte &- UInt8(ascii: "0")) }
                begun += 1
                bytes += 1
            }
            index += 1
        }
        events += 1
        if wasWhole, begun == 0, lines == before + 1 { single += 1 }
        if let last { pause = max(pause, now - last) }
        first = first ?? now
        last = now
    }

    private mutating func finishLine(_ wall: Int64) {
        if keepsLatencies { latencies.append(Double(wall - stamp) / 1e6) }
        lines += 1
        bytes += 1
        stamp = 0
        begun = 0
    }
}

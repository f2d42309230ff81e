import Messages

/// The payload of a `state` event: one JSON object.
///
/// Written by hand: each task has several, and Foundation's encoder would take most of a short task's time here.
struct StatePayload: Sendable, Equatable {
    let payload: [UInt8]

    /// - Parameter stall: While its device is away.
    init(_ record: TaskRecord, stall: Stall? = nil) {
        var text = "{\"state\":" + Self.quote(record.state.rawValue)
        func add(_ name: String, _ value: String) { text += ",\"\(name)\":\(value)" }
        if record.state == .queued {
            if let reason = record.reason { add("reason", Self.quote(reason.rawValue)) }
            if let position = record.queuePosition { add("queue_position", String(position)) }
        } else if !record.state.isTerminal {
            if let device = record.device { add("device_id", Self.quote(device)) }
            if let name = record.deviceName { add("device_name", Self.quote(name)) }
            add("attempt", String(record.attempt))
            if let waiting = record.waitingFor { add("waiting_for", Self.quote(waiting.rawValue)) }
        }
        if let stall, !record.state.isTerminal {
            var text = "{\"since\":\"\(stall.since)\""
            if let time = stall.failsAt { text += ",\"fails_at\":\"\(time)\"" }
            if let time = stall.requeuesAt { text += ",\"requeues_at\":\"\(time)\"" }
            add("stalled", text + "}")
        }
        if record.state == .failed, let error = record.error {
            add("error", "{\"code\":\(Self.quote(error.code.rawValue)),\"message\":\(Self.quote(error.message))}")
        }
        payload = Array((text + "}").utf8)
    }

    /// Returns `text` as a JSON string (RFC 8259 section 7).
    static func quote(_ text: String) -> String {
        var out = [UInt8(ascii: "\"")]
        out.reserveCapacity(text.utf8.count + 2)
        let hex = Array("0123456789abcdef".utf8)
        for byte in text.utf8 {
            switch byte {
            case UInt8(ascii: "\""), UInt8(ascii: "\\"): out += [UInt8(ascii: "\\"), byte]
            case UInt8(ascii: "\n"): out += Array("\\n".utf8)
            case 0..<0x20: out += Array("\\u00".utf8) + [hex[Int(byte >> 4)], hex[Int(byte & 15)]]
            default: out.append(byte)
            }
        }
        out.append(UInt8(ascii: "\""))
        return String(decoding: out, as: UTF8.self)
    }
}

import Foundation
import Testing

@testable import Messages

@Suite("Bounds of messages")
struct BoundsTests {
    @Test("Every type of the catalogue has a limit of its body, and no other type has")
    func everyTypeHasALimit() {
        #expect(Set(BodyLimits.all.keys) == Set(Catalogue.all.map { $0.type }))
        #expect(BodyLimits.all.values.allSatisfy { $0 <= Limits.meshMessage })
        #expect(BodyLimits.of(DeviceReport.type) == 512 << 10 && BodyLimits.of(TaskFinished.type) == 512 << 10)
        #expect(BodyLimits.of("of.a.later.version") == Limits.meshMessage)
    }

    @Test("A body over its type's limit is refused before it is decoded", arguments: Samples.all.indices)
    func refusedUndecoded(index: Int) throws {
        func refusal<M: Message>(_ sample: M) -> ErrorCode? {
            let body = [UInt8](repeating: 0x20, count: BodyLimits.of(M.type) + 1)
            do { _ = try Wire.decode(M.self, from: body) } catch { return (error as? Fault)?.code }
            return nil
        }
        #expect(refusal(Samples.all[index]) == .messageTooLarge)
    }

    @Test("No text of any message stays over its limit: it is cut with a mark, or the message is refused")
    func noTextStays() throws {
        for sample in Samples.all where !(sample is any BinaryMessage) {
            let value = try JSONValue(reading: Wire.encode(sample))
            for (path, inflated) in Self.inflated(value, "") {
                let type = Swift.type(of: sample).type
                guard let bounded = try? TextBounds.bounded(inflated.bytes, of: type) else { continue }
                #expect(bounded.count < inflated.bytes.count, "\(path) of \(type) keeps its \(bounded.count) bytes")
                #expect(throws: Never.self) { try JSONValue(reading: bounded) }
            }
        }
    }

    /// Returns the value with each of its texts replaced by one that is a little over its limit, in turn.
    private static func inflated(_ value: JSONValue, _ field: String) -> [(String, JSONValue)] {
        switch value {
        case .string: return [("", .string(String(repeating: "é\"", count: TextLimits.of(field).bytes / 3 + 100)))]
        case .array(let values):
            return values.indices.flatMap { index in
                inflated(values[index], field).map { path, inner in
                    var values = values
                    values[index] = inner
                    return ("[\(index)]" + path, .array(values))
                }
            }
        case .object(let fields):
            return fields.flatMap { (key, value) -> [(String, JSONValue)] in
                let isWhole = if case .whole = TextLimits.of(field) { true } else { false }
                return inflated(value, isWhole ? field : key).map { path, inner in
                    var fields = fields
                    fields[key] = inner
                    return (".\(key)" + path, .object(fields))
                }
            }
        default: return []
        }
    }

    @Test("Every text field of a message has a rule, or is an id, a time or a name of an open set")
    func everyFieldHasARule() throws {
        let names: Set<String> = [
            "attempt_id", "background", "cause", "code", "decision", "if_offline", "leader", "on_disconnect",
            "on_limit",
            "permission_mode", "permission_modes", "priority", "role", "scope", "state", "states", "status",
            "status_reason", "waiting_for", "os", "arch", "trace", "session", "kind",
        ]
        for sample in Samples.all where !(sample is any BinaryMessage) {
            for (field, text) in try Self.texts(JSONValue(reading: Wire.encode(sample)), in: "") {
                let isListed = TextLimits.fields[field] != nil || names.contains(field)
                #expect(
                    isListed || UserID(text) != nil || Timestamp(text) != nil, "\(field) of \(Swift.type(of: sample))")
            }
        }
    }

    private static func texts(_ value: JSONValue, in field: String) -> [(String, String)] {
        if case .whole = TextLimits.of(field) { return [] }
        switch value {
        case .string(let text): return [(field, text)]
        case .array(let values): return values.flatMap { texts($0, in: field) }
        case .object(let fields): return fields.flatMap { texts($1, in: $0) }
        default: return []
        }
    }

    @Test("A verdict keeps the beginning of a long message, and the mark names its length")
    func longVerdict() throws {
        let verdict = TaskFinished(
            task: Samples.task, attempt: 1, attemptSeq: 1, state: .failed, error: Samples.fault, endedAt: Samples.time)
        var value = try JSONValue(reading: Wire.encode(verdict))
        guard case .object(var fields) = value else { return }
        fields["error"] = ["code": "exit_status", "message": .string(String(repeating: "ö", count: 100_000))]
        value = .object(fields)
        let read = try Wire.decode(TaskFinished.self, from: value.bytes)
        let message = try #require(read.error?.message)
        #expect(message.utf8.count <= TextLimits.sentence && message.utf8.count > TextLimits.sentence - 4)
        #expect(message.hasPrefix("öö") && message.hasSuffix("… [cut: 200000 bytes]"))
        #expect(read.error?.code == .exitStatus && read.endedAt == verdict.endedAt)
        #expect(Fault(.internalError, String(repeating: "x", count: 1 << 20)).message.utf8.count <= TextLimits.sentence)
    }

    @Test("A text that is one character of a megabyte is over every limit of characters")
    func graphemes() {
        let one = "a" + String(repeating: "\u{301}", count: 500_000)
        #expect(one.count == 1)
        #expect(!Limits.fits(one, 1...200))
        #expect(Limits.beginning(of: one, characters: 200).utf8.count <= 800)
        #expect(DeviceName.complaint(one) != nil)
        #expect(Limits.beginning(of: "häuser", characters: 3) == "häu")
        #expect(Limits.fits(String(repeating: "\u{1F600}", count: 200), 1...200))
    }

    @Test("A long field that only a later version knows is no reason to refuse a message")
    func laterField() throws {
        let body =
            #"{"used":1,"total":5,"draining":false,"attempts":[],"later":"\#(String(repeating: "x", count: 9999))"}"#
        #expect(try Wire.decode(DeviceReport.self, from: Array(body.utf8)).total == 5)
    }

    @Test("A refused payload becomes a log event with its number, and the rest of the message is kept")
    func refusedPayload() throws {
        let forged = #"{"x":1},"kind":"state","data":{"state":"completed"}"#
        let events = [#"{"a":1}"#, forged, "", #"{"b":2}"#].enumerated().map { index, payload in
            Event(
                task: Samples.task, attempt: 2, attemptSeq: UInt64(index + 1), kind: .toolCall, flags: .terminal,
                time: Samples.time, payload: Array(payload.utf8))
        }
        let read = try Wire.decode(EventsAppend.self, from: EventsAppend(events).bytes)
        #expect(read.batch.events.map(\.attemptSeq) == [1, 2, 3, 4])
        #expect(read.batch.events.map(\.kind) == [.toolCall, .log, .log, .toolCall])
        #expect(read.batch.events[1].flags == [] && read.batch.events[0] == events[0])
        for event in read.batch.events { #expect(JSONCheckTests.flaw(event.payload) == nil) }
        let log = try LogPayload(reading: read.batch.events[1].payload)
        #expect(log.level == "error" && log.message.contains("something follows the object (at byte 7)"))
        #expect(!log.message.contains("completed"))
        let refused = try #require(read.refused)
        #expect(refused.count == 2 && refused.attemptSeq == 2 && refused.fault.code == .malformed)
        #expect(try Wire.decode(EventsAppend.self, from: EventsAppend([events[0]]).bytes).refused == nil)
    }
}

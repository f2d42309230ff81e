import Foundation
import Messages
import Testing

@Suite("Values")
struct ValueTests {
    @Test(
        "Times are written and read as RFC 3339",
        arguments: [
            (0, "1970-01-01T00:00:00.000Z"),
            (951_827_696_789, "2000-02-29T12:34:56.789Z"),
            (1_772_357_400_250, "2026-03-01T09:30:00.250Z"),
            (-1, "1969-12-31T23:59:59.999Z"),
            (253_402_300_799_999, "9999-12-31T23:59:59.999Z"),
        ] as [(Int64, String)])
    func timesRoundTrip(milliseconds: Int64, text: String) {
        #expect(Timestamp(milliseconds: milliseconds).description == text)
        #expect(Timestamp(text)?.milliseconds == milliseconds)
    }

    @Test("Times agree with Foundation over four centuries")
    func timesAgreeWithFoundation() {
        let formatter = Date.ISO8601FormatStyle(includingFractionalSeconds: true)
        for step in 0..<2000 {
            let milliseconds = Int64(step) * 6_311_433_123 + 1
            let date = Date(timeIntervalSince1970: Double(milliseconds) / 1000)
            #expect(
                Timestamp(milliseconds: milliseconds).description.prefix(19) == date.formatted(formatter).prefix(19))
        }
    }

    @Test(
        "Other forms of RFC 3339 in UTC are read",
        arguments: ["2026-03-01T09:30:00Z", "2026-03-01T09:30:00.2Z", "2026-03-01t09:30:00.2500000z"])
    func otherTimeFormsAreRead(text: String) { #expect(Timestamp(text) != nil) }

    @Test(
        "Other texts are no times",
        arguments: [
            "", "2026-03-01", "2026-13-01T00:00:00Z", "2026-03-01T24:00:00Z", "2026-03-01T09:30:00+01:00",
            "2026-03-01T09:30:00.Z", "2026-03-01T09:30:00.x5Z",
        ])
    func otherTimesAreRefused(text: String) { #expect(Timestamp(text) == nil) }

    @Test("Identifiers sort by the time of their creation")
    func identifiersSort() {
        let ids = (0..<100).map { TaskID.generate(at: Timestamp(milliseconds: 1_700_000_000_000 + $0)) }
        #expect(ids == ids.sorted())
        #expect(ids.map(\.description) == ids.map(\.description).sorted())
        #expect(Set(ids).count == 100)
    }

    @Test("Identifiers are UUIDs of version 7")
    func identifiersAreUUIDv7() throws {
        let id = TaskID.generate()
        let text = id.description
        #expect(UUID(uuidString: text) != nil)
        #expect(Array(text)[14] == "7")
        #expect("89ab".contains(Array(text)[19]))
        #expect(TaskID(text.uppercased()) == id)
        #expect(TaskID(bytes: id.bytes) == id)
    }

    @Test(
        "Other texts are no identifiers",
        arguments: [
            "", "0190a0b0-0000-7000-8000-00000000000", "0190a0b0x0000-7000-8000-000000000001",
            "0190a0b0-0000-7000-8000-00000000000g", "0190a0b0-0000-7000-8000-0000000000011",
        ])
    func otherIdentifiersAreRefused(text: String) { #expect(TaskID(text) == nil) }

    @Test("Partitions are stable and evenly used")
    func partitionsAreStable() {
        #expect(Partition(owner: Samples.user).number == 7)
        let used = Set((0..<2000).map { _ in Partition(owner: .generate()).number })
        #expect(used.count == Partition.count)
    }

    @Test("Targets are read as they are written")
    func targetsRoundTrip() {
        for text in ["cloud", "default", "a1b2c3"] { #expect(Target(text).description == text) }
        #expect(Target("default") == .defaultDevice)
    }

    @Test("Event kinds have public names")
    func kindsHaveNames() {
        #expect(EventKind.all.map(\.description).contains("agent_message_chunk"))
        #expect(EventKind(code: 200).description == "unknown_200")
    }
}

import Messages
import Testing

@Suite("The wire")
struct WireTests {
    @Test("A header is read as it was written")
    func headersRoundTrip() throws {
        let header = Header(
            .request, type: "task.submit", correlation: .max, budget: 5000, session: 77,
            trace: TraceID(high: 1, low: .max))
        let (read, body) = try Header.split(header.encoded(reserving: 3) + [1, 2, 3])
        #expect(read == header)
        #expect(body == [1, 2, 3])
    }

    @Test("A header has the bytes that the document describes")
    func headerBytes() {
        let bytes = Header(.notice, type: "ab", correlation: 2, budget: 1, session: 3).encoded()
        let expected: [UInt8] =
            [1, 4, 2, 0, 1, 0, 0, 0, 2, 0, 0, 0, 0, 0, 0, 0, 3, 0, 0, 0, 0, 0, 0, 0]
            + [UInt8](repeating: 0, count: 16) + [0x61, 0x62]
        #expect(bytes == expected)
    }

    @Test(
        "A malformed header is refused with its code",
        arguments: [
            ([UInt8](), ErrorCode.malformed),
            ([UInt8](repeating: 1, count: 39), .malformed),
            ([9] + [UInt8](repeating: 0, count: 60), .versionIncompatible),
            ([1, 99] + [UInt8](repeating: 0, count: 60), .malformed),
            ([1, 4, 65, 0] + [UInt8](repeating: 0x61, count: 200), .malformed),
            ([1, 4, 20, 0] + [UInt8](repeating: 0x61, count: 40), .malformed),
            ([1, 4, 0, 0] + [UInt8](repeating: 0, count: 60), .malformed),
            ([1, 4, 2, 0] + [UInt8](repeating: 0, count: 38), .malformed),
        ])
    func badHeadersAreRefused(bytes: [UInt8], code: ErrorCode) {
        let fault = #expect(throws: Fault.self) { try Header.split(bytes) }
        #expect(fault?.code == code)
    }

    @Test("A prefix of a batch is refused or has fewer events")
    func prefixesOfABatch() throws {
        let whole = EventBatch([Samples.event, Samples.last]).bytes
        for length in 0..<whole.count {
            let batch = try? EventBatch(bytes: Array(whole.prefix(length)))
            #expect(batch == nil || batch!.events.count < 2)
        }
        #expect(try EventBatch(bytes: whole).events == [Samples.event, Samples.last])
    }

    @Test("An event whose length exceeds its bytes is refused")
    func longEventsAreRefused() {
        var bytes = EventBatch([Samples.event]).bytes
        bytes.replaceSubrange(4..<8, with: [255, 255, 255, 255])
        #expect(throws: Fault.self) { try EventBatch(bytes: bytes) }
    }

    @Test("Mutated bytes never crash a decoder")
    func mutatedBytes() throws {
        let seed = UInt64.random(in: 0...UInt64.max)
        print("seed \(seed)")
        var random = SplitMix(state: seed)
        let bodies = try Samples.all.map { (type: Swift.type(of: $0), bytes: try Wire.encode($0)) }
        for _ in 0..<20_000 {
            let (type, body) = bodies.randomElement(using: &random)!
            var bytes = Header(.notice, type: type.type).encoded() + body
            for _ in 0..<Int.random(in: 1...4, using: &random) {
                switch Int.random(in: 0..<3, using: &random) {
                case 0: bytes[Int.random(in: 0..<bytes.count, using: &random)] = .random(in: 0...255, using: &random)
                case 1: bytes.removeLast(Int.random(in: 0..<bytes.count, using: &random))
                default: bytes.append(contentsOf: body.prefix(Int.random(in: 0...body.count, using: &random)))
                }
                if bytes.isEmpty { break }
            }
            guard let (header, rest) = try? Header.split(bytes) else { continue }
            for known in Catalogue.all where known.type == header.type { Self.tryDecoding(known, rest) }
        }
    }

    private static func tryDecoding<M: Message>(_ type: M.Type, _ body: [UInt8]) {
        do { _ = try Wire.decode(type, from: body) } catch { #expect(error is Fault) }
    }

    @Test("A fault names the field and not its value")
    func faultsNameTheField() {
        let fault = #expect(throws: Fault.self) {
            try Wire.decode(TaskGet.self, from: [UInt8](#"{"owner":"secret","task_id":1}"#.utf8))
        }
        #expect(fault?.code == .malformed)
        #expect(fault?.message.contains("owner") == true)
        #expect(fault?.message.contains("secret") == false)
    }
}

/// A small generator with a seed that can be printed (Steele, Lea and Flood's SplitMix64).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64
    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }
}

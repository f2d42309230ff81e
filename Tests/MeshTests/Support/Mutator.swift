import Messages

@testable import Mesh

/// Damages valid messages; the same seed gives the same messages.
struct Mutator {
    private var random: SplitMix
    private let samples: [[[UInt8]]]

    init(seed: UInt64) {
        random = SplitMix(state: seed)
        let identity = Identity(role: .tool, name: "fuzz")
        let incarnation = Array(#"{"incarnation":"\#(identity.incarnation)","reason":"fuzz"}"#.utf8)
        let hello =
            #"{"oldest":1,"newest":1,"role":"tool","name":"fuzz","incarnation":"\#(identity.incarnation)"}"#
        let event = Event(task: .generate(), kind: .log, payload: Array(#"{"level":"info","message":"x"}"#.utf8))
        func frame(_ kind: FrameKind, _ type: String, _ body: [UInt8], session: UInt64 = 0) -> [[UInt8]] {
            [Header(kind, type: type, correlation: 3, budget: 5, session: session).encoded(), body]
        }
        samples = [
            frame(.request, Echo.type, Array(#"{"text":"hello"}"#.utf8)),
            frame(.notice, Count.type, Array(#"{"number":12}"#.utf8)),
            frame(.notice, EventsAppend.type, EventsAppend([event, event]).bytes, session: 2),
            frame(.notice, EventsAppend.type, EventsAppend([event]).bytes, session: 3),
            frame(.subscribe, Counting.type, Array(#"{"from":12}"#.utf8)),
            frame(.credit, "", []), frame(.cancel, "", []), frame(.end, "", []),
            frame(.item, Count.type, Array(#"{"number":12}"#.utf8)),
            frame(.reply, Echo.type, Array(#"{"text":"hello"}"#.utf8)),
            frame(.failure, Fault.type, Array(#"{"code":"conflict","message":"x"}"#.utf8)),
            frame(.request, Ping.type, incarnation), frame(.notice, Bye.type, incarnation),
            frame(.request, Hello.type, Array(hello.utf8)),
        ]
    }

    /// Returns the next message, with one to three kinds of damage.
    mutating func next() -> [[UInt8]] {
        var parts = samples.randomElement(using: &random) ?? []
        for _ in 0..<Int.random(in: 1...3, using: &random) { damage(&parts) }
        return parts.isEmpty ? [[]] : parts
    }

    private mutating func damage(_ parts: inout [[UInt8]]) {
        guard let index = parts.indices.randomElement(using: &random) else { return }
        switch Int.random(in: 0..<7, using: &random) {
        case 0, 1: flip(&parts[index])
        case 2: parts[index].removeLast(Int.random(in: 0...parts[index].count, using: &random))
        case 3: parts[index] += (0..<Int.random(in: 1...64, using: &random)).map { _ in UInt8(random.byte()) }
        case 4: splice(&parts[index])
        case 5: parts.remove(at: index)
        default: parts.insert((0..<Int.random(in: 0...80, using: &random)).map { _ in random.byte() }, at: index)
        }
    }

    private mutating func flip(_ part: inout [UInt8]) {
        guard let index = part.indices.randomElement(using: &random) else { return }
        part[index] ^= 1 << UInt8.random(in: 0..<8, using: &random)
    }

    /// Joins the head of one part and the tail of another.
    private mutating func splice(_ part: inout [UInt8]) {
        let other = samples.randomElement(using: &random)?.randomElement(using: &random) ?? []
        let head = part.prefix(Int.random(in: 0...part.count, using: &random))
        part = head + other.suffix(Int.random(in: 0...other.count, using: &random))
    }
}

/// A generator that depends on its seed alone (SplitMix64; Steele, Lea and Flood 2014).
struct SplitMix: RandomNumberGenerator {
    var state: UInt64

    mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    mutating func byte() -> UInt8 { UInt8(truncatingIfNeeded: next()) }
}

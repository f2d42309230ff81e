/// Random numbers reproducible from a seed (SplitMix64).
///
/// A test takes ``seeds(_:)`` as its arguments, so that a failure names the seed.
public struct SeededNumbers: RandomNumberGenerator {
    private var state: UInt64

    public init(seed: UInt64) { state = seed }

    /// Returns new seeds, each run others.
    public static func seeds(_ count: Int) -> [UInt64] { (0..<count).map { _ in .random(in: 0...UInt64.max) } }

    public mutating func next() -> UInt64 {
        state &+= 0x9e37_79b9_7f4a_7c15
        var value = state
        value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
        value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
        return value ^ (value >> 31)
    }

    /// Cuts a collection into pieces of 1 to `longest` elements.
    public mutating func cut<Elements: Collection>(_ whole: Elements, longest: Int) -> [Elements.SubSequence] {
        var pieces: [Elements.SubSequence] = []
        var rest = whole[...]
        while !rest.isEmpty {
            let length = Int.random(in: 1...longest, using: &self)
            pieces.append(rest.prefix(length))
            rest = rest.dropFirst(length)
        }
        return pieces
    }
}

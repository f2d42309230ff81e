/// How long to wait before the next try: doubling, with jitter so that a thousand devices do not come back at once.
package struct Backoff: Equatable, Sendable {
    /// The first and the longest wait in seconds.
    package var range: ClosedRange<Double>
    package private(set) var failures = 0

    package init(_ range: ClosedRange<Double>) { self.range = range }

    /// The next wait in seconds: between half and the whole of the doubled one.
    package mutating func next(using random: inout some RandomNumberGenerator) -> Double {
        let whole = min(range.upperBound, range.lowerBound * Double(1 << min(failures, 20)))
        failures += 1
        return Double.random(in: whole / 2...whole, using: &random)
    }

    /// Starts again with the shortest wait.
    package mutating func reset() { failures = 0 }

    /// Waits the longest from now on: the other end has said no in so many words.
    mutating func slow() { failures = max(failures, 20) }
}

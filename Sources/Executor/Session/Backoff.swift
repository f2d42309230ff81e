/// The wait before the next attempt: doubling, with jitter so that a thousand devices do not reconnect at once.
package struct Backoff: Equatable, Sendable {
    /// The first and the longest wait in seconds.
    package var range: ClosedRange<Double>
    package private(set) var failures = 0

    package init(_ range: ClosedRange<Double>) { self.range = range }

    /// Returns the next wait in seconds: between half of the doubled one and all of it.
    package mutating func next(using random: inout some RandomNumberGenerator) -> Double {
        let whole = min(range.upperBound, range.lowerBound * Double(1 << min(failures, 20)))
        failures += 1
        return Double.random(in: whole / 2...whole, using: &random)
    }

    /// Starts again with the shortest wait.
    package mutating func reset() { failures = 0 }

    /// Uses the longest wait from now on: the server has refused the connection.
    mutating func slow() { failures = max(failures, 20) }
}

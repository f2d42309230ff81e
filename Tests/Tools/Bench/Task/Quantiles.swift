import Foundation

/// The quantiles of a set of measurements.
struct Quantiles {
    private let sorted: [Double]

    init(_ values: [Double]) { sorted = values.sorted() }

    /// Returns the value that a `share` (0 to 1) of all does not exceed; nearest rank.
    func at(_ share: Double) -> Double {
        guard !sorted.isEmpty else { return .nan }
        return sorted[min(sorted.count - 1, max(0, Int((share * Double(sorted.count)).rounded(.up)) - 1))]
    }

    /// Returns a row of the table under ``heading(_:)``.
    func row(_ name: String) -> String {
        Self.padded(name) + [0, 0.5, 0.9, 0.99, 1].map { String(format: "%9.2f", at($0)) }.joined()
    }

    /// Returns the first line of a table.
    static func heading(_ name: String) -> String { padded(name) + "      min      p50      p90      p99      max" }

    private static func padded(_ name: String) -> String { name.padding(toLength: 38, withPad: " ", startingAt: 0) }
}

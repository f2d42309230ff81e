import ArgumentParser

/// A time on the command line: `90` and `90s` are seconds, `10m` minutes, `2h` hours, `1d` days.
struct TimeSpan: Equatable, Sendable, ExpressibleByArgument {
    private static let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]

    var seconds: Double

    init(seconds: Double) { self.seconds = seconds }

    init?(argument: String) {
        guard let last = argument.last else { return nil }
        let unit = Self.units[last]
        let number = unit == nil ? argument[...] : argument.dropLast()
        // `Double` would also accept signs, exponents and infinity.
        guard number.first?.isNumber == true, number.allSatisfy({ "0123456789.".contains($0) }),
            let value = Double(number)
        else { return nil }
        seconds = value * (unit ?? 1)
    }

    /// The time in its largest unit without a fraction.
    var text: String {
        for (unit, size) in [("d", 86_400.0), ("h", 3600), ("m", 60)] where seconds >= size {
            if (seconds / size).rounded() * size == seconds { return "\(Int(seconds / size))\(unit)" }
        }
        return seconds == seconds.rounded() ? "\(Int(seconds))s" : "\(seconds)s"
    }
}

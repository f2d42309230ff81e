import ArgumentParser

/// A length of time as people write it: `90` and `90s` are seconds, `10m`, `2h` and `1d` minutes, hours and days.
struct Span: Equatable, Sendable, ExpressibleByArgument {
    private static let units: [Character: Double] = ["s": 1, "m": 60, "h": 3600, "d": 86_400]

    var seconds: Double

    init(seconds: Double) { self.seconds = seconds }

    init?(argument: String) {
        guard let last = argument.last else { return nil }
        let unit = Self.units[last]
        let number = unit == nil ? argument[...] : argument.dropLast()
        // `Double` reads more than digits: signs, exponents, infinity.
        guard number.first?.isNumber == true, number.allSatisfy({ "0123456789.".contains($0) }),
            let value = Double(number)
        else { return nil }
        seconds = value * (unit ?? 1)
    }

    /// In the largest unit that needs no fraction.
    var text: String {
        for (unit, size) in [("d", 86_400.0), ("h", 3600), ("m", 60)] where seconds >= size {
            if (seconds / size).rounded() * size == seconds { return "\(Int(seconds / size))\(unit)" }
        }
        return seconds == seconds.rounded() ? "\(Int(seconds))s" : "\(seconds)s"
    }
}

extension DeviceUpdate {
    /// How many labels a device may have: what fits beside its name in a list.
    public static let labels = 32
    /// Characters of a device's name.
    public static let nameLength = 1...200
    /// Characters of a label's name and of its value.
    public static let labelLength = 1...63
    public static let labelValueLength = 0...200

    /// Holds what is asked against what is allowed, but for the number of labels, which only the registry knows.
    /// - Throws: ``Fault`` `invalid_request` that names the field.
    public func check() throws {
        if let name, !name.isEmpty {
            guard Self.nameLength.contains(name.count), Self.isLine(name) else {
                throw Self.invalid("'name' must have 1 to 200 characters and no line breaks")
            }
        }
        // More than a device can have, or lose, is refused before it is looked at.
        guard (set?.count ?? 0) + remove.count <= 2 * Self.labels else {
            throw Self.invalid(
                "'labels' changes \((set?.count ?? 0) + remove.count) labels; a device has at most \(Self.labels)")
        }
        for (label, value) in set ?? [:] {
            try Self.check(label: label)
            guard Self.labelValueLength.contains(value.count), Self.isLine(value) else {
                throw Self.invalid("the value of the label '\(label)' has more than 200 characters, or line breaks")
            }
        }
        for label in remove { try Self.check(label: label) }
    }

    private static func check(label: String) throws {
        let allowed = label.utf8.allSatisfy { byte in
            switch byte {
            case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."),
                UInt8(ascii: "_"), UInt8(ascii: "-"):
                true
            default: false
            }
        }
        guard allowed, labelLength.contains(label.utf8.count) else {
            throw invalid("'labels': a label's name has 1 to 63 of a-z 0-9 . _ -; '\(label.prefix(80))' does not fit")
        }
    }

    /// 200 characters of four bytes; some characters are made of many more.
    private static func isLine(_ text: String) -> Bool { isLine(text, bytes: 800) }

    /// Whether it is at most so long, without line breaks of any kind (U+2028 and U+2029 among them) and without controls (C0,
    /// DEL and C1): what devices are called ends up on terminals.
    public static func isLine(_ text: String, bytes: Int) -> Bool {
        guard text.utf8.count <= bytes else { return false }
        return text.unicodeScalars.allSatisfy { scalar in
            switch scalar.properties.generalCategory {
            case .control, .lineSeparator, .paragraphSeparator: false
            default: true
            }
        }
    }

    private static func invalid(_ message: String) -> Fault { Fault(.invalidRequest, message) }
}

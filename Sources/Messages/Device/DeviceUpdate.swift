/// Changes a device's name and labels. `device_not_found` when the owner has none of this id.
public struct DeviceUpdate: Request, Equatable {
    public typealias Reply = DeviceListing
    public static let type = "device.update"
    /// The owner.
    public var owner: UserID
    /// The device's id.
    public var device: String
    /// 1 to 200 characters; empty = back to the machine's own name; nil = unchanged.
    public var name: String?
    /// Labels to add or change: at most 32 on a device, names of 1 to 63 of `a-z 0-9 . _ -`, values of at most 200
    /// characters.
    public var set: [String: String]?
    /// The names of labels to remove.
    public var remove: [String]

    public init(
        owner: UserID, device: String, name: String? = nil, set: [String: String]? = nil, remove: [String] = []
    ) {
        self.owner = owner
        self.device = device
        self.name = name
        self.set = set
        self.remove = remove
    }

    enum CodingKeys: String, CodingKey {
        case owner, name
        case device = "device_id"
        case set = "labels"
        case remove = "removed_labels"
    }
}

extension DeviceUpdate {
    /// The most labels of a device: what fits beside its name in a list.
    public static let labels = 32
    /// Characters of a device's name.
    public static let nameLength = 1...200
    /// Characters of a label's name.
    public static let labelLength = 1...63
    /// Characters of a label's value.
    public static let labelValueLength = 0...200

    /// Checks every value against its limits, except the number of labels, which only the registry knows.
    /// - Throws: ``Fault`` `invalid_request` that names the field.
    public func check() throws {
        if let name, !name.isEmpty, let complaint = DeviceName.complaint(name) {
            throw Self.invalid("'name' \(complaint)")
        }
        // Bounds the work below: no device can gain or lose more labels than this.
        guard (set?.count ?? 0) + remove.count <= 2 * Self.labels else {
            throw Self.invalid(
                "'labels' changes \((set?.count ?? 0) + remove.count) labels; a device has at most \(Self.labels)")
        }
        for (label, value) in set ?? [:] {
            try Self.check(label: label)
            guard Limits.fits(value, Self.labelValueLength), Self.isLine(value) else {
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

    /// Returns whether it is one line of at most 800 bytes: 200 characters of 4 bytes; a character may have many more.
    private static func isLine(_ text: String) -> Bool { isLine(text, bytes: 800) }

    /// Returns whether a text has at most `bytes` bytes, no line break (U+2028 and U+2029 included) and no control
    /// character (C0, DEL, C1): device names are printed on terminals.
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

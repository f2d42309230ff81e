/// Where a task should run, as it was submitted; written as a string.
public enum Target: Hashable, Sendable, Codable, CustomStringConvertible {
    /// The cloud pool.
    case cloud
    /// The owner's default device.
    case defaultDevice
    /// A device by its id.
    case device(String)

    public init(_ text: String) {
        switch text {
        case "cloud": self = .cloud
        case "default": self = .defaultDevice
        default: self = .device(text)
        }
    }

    public var description: String {
        switch self {
        case .cloud: "cloud"
        case .defaultDevice: "default"
        case .device(let id): id
        }
    }

    public func encode(to encoder: any Encoder) throws {
        var container = encoder.singleValueContainer()
        try container.encode(description)
    }
    public init(from decoder: any Decoder) throws {
        self.init(try decoder.singleValueContainer().decode(String.self))
    }
}

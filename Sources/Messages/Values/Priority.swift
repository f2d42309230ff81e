/// A task's place among those who wait for the same device. Who has waited long enough is not overtaken any more,
/// whatever comes.
public struct Priority: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Behind the others.
    public static let low = Priority(rawValue: "low")
    /// In the order of acceptance.
    public static let normal = Priority(rawValue: "normal")
    /// Before the others.
    public static let high = Priority(rawValue: "high")

    /// Every name that this version knows.
    public static let all: [Priority] = [.low, .normal, .high]
}

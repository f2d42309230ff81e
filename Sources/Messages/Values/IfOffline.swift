/// What becomes of a task whose device is offline when it is submitted.
public struct IfOffline: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// It is refused at once, with `device_offline`.
    public static let fail = IfOffline(rawValue: "fail")
    /// It waits for the device in its queue.
    public static let wait = IfOffline(rawValue: "wait")

    /// Every name that this version knows.
    public static let all: [IfOffline] = [.fail, .wait]
}

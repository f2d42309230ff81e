/// What a device can do for its owner now.
public struct DeviceStatus: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Connected, with a free slot.
    public static let online = DeviceStatus(rawValue: "online")
    /// Not connected.
    public static let offline = DeviceStatus(rawValue: "offline")
    /// Connected, every slot in use.
    public static let busy = DeviceStatus(rawValue: "busy")

    /// Not heard of since the registry was restarted, which is no news of it: nobody acts on its absence yet.
    public static let unknown = DeviceStatus(rawValue: "unknown")

    /// Every status that this version knows.
    public static let all: [DeviceStatus] = [.online, .offline, .busy, .unknown]
}

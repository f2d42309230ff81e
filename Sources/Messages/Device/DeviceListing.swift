/// The answer to ``DeviceList``.
public struct DeviceListing: Message, Equatable {
    public static let type = "device.listing"
    /// Sorted by name, then id.
    public var devices: [Device]

    public init(devices: [Device] = []) {
        self.devices = devices
    }
}

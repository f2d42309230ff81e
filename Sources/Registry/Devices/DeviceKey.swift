import Messages

/// The key of a device: ids are unique per owner only.
struct DeviceKey: Hashable, Sendable {
    var owner: UserID
    var id: String
}

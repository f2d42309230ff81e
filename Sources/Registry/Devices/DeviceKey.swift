import Messages

/// Which device: ids are unique per owner only.
struct DeviceKey: Hashable, Sendable {
    var owner: UserID
    var id: String
}

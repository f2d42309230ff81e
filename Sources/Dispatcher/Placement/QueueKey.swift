import Messages

/// Which queue: that of a device, or an owner's queue for the cloud.
struct QueueKey: Hashable, Sendable {
    let owner: UserID
    /// nil = the cloud.
    let device: String?
}

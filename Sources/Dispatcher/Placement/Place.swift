import Messages

/// An entry in an owner's list of devices, with the tasks that wait for it; or an owner's queue for the cloud.
struct Place: Sendable, Equatable {
    /// The registry's entry; nil = it has none (any more), or this is the cloud.
    var device: Device?
    var queue = TaskQueue()

    /// Whether the registry counts the device as online.
    var isOnline: Bool { device.map { $0.status != .offline } == true }
    /// Whether it can be forgotten: the registry does not list it and no task waits for it.
    var isUnused: Bool { device == nil && queue.isEmpty }
}

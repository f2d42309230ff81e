import Messages

/// The queue that a task is in, and why it is that one.
struct TaskPlacement: Sendable, Equatable {
    /// Stored by name; an unknown name from a later version is kept as it is.
    struct Reason: RawRepresentable, Hashable, Sendable {
        let rawValue: String

        /// The task's target names the queue.
        static let requested = Reason(rawValue: "requested")
        /// The target is the owner's default device, which was this one when the task was accepted.
        static let defaultDevice = Reason(rawValue: "default_device")
    }

    var queue: QueueID
    var reason: Reason
}

import Messages

/// The queue that a task waits in: one per device, and one per owner for the cloud.
enum QueueID: Hashable, Sendable {
    case device(owner: UserID, id: String)
    case cloud(owner: UserID)

    /// The owner of every task in it.
    var owner: UserID {
        switch self {
        case .device(let owner, _), .cloud(let owner): owner
        }
    }

    /// The device that it belongs to; nil for the cloud.
    var device: String? {
        if case .device(_, let id) = self { id } else { nil }
    }

    /// - Parameter device: nil for the cloud.
    init(owner: UserID, device: String?) {
        self = device.map { .device(owner: owner, id: $0) } ?? .cloud(owner: owner)
    }
}

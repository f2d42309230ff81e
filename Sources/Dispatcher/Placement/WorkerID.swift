import Messages

/// An executor, by the device that it runs on.
struct WorkerID: Hashable, Sendable {
    let owner: UserID
    let device: String

    /// The queues that the executor serves; today only that of its device.
    var queues: [QueueID] { [.device(owner: owner, id: device)] }

    init(owner: UserID, device: String) {
        self.owner = owner
        self.device = device
    }

    /// The executor that serves a queue; nil = no executor does.
    init?(serving queue: QueueID) {
        guard case .device(let owner, let id) = queue else { return nil }
        self.init(owner: owner, device: id)
    }
}

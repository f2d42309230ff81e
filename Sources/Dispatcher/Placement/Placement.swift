import Messages

/// Decides where a task goes: a pure function of the task and of the fleet.
enum Placement {
    /// A task to place.
    struct Question: Sendable {
        var owner: UserID
        /// As requested.
        var target: Target
        /// The device of a queued task, decided when it was submitted; nil for a new task and for the cloud.
        var device: String?
        /// Whether the task is being submitted: then it may be refused where a queued one waits.
        var isNew: Bool
        /// Whether an earlier task of its conversation has not ended, or an earlier attempt of the task still runs.
        var conversationIsBusy: Bool
        /// What becomes of a new task for an offline device.
        var ifOffline = IfOffline.fail
        /// How long ago its device may have been seen to count as online, in ms.
        var graceMs: Int64 = 0
    }

    /// The answer.
    enum Decision: Sendable, Equatable {
        /// It gets a slot of this queue now.
        case device(QueueID)
        /// It waits in this queue.
        case wait(QueueID, WaitReason)
        /// It cannot run.
        case fail(Fault)
    }

    /// Decides for one task as if it were the first of its queue; the caller asks in the order of the queue.
    static func decide(_ question: Question, fleet: Fleet, now: Timestamp) -> Decision {
        let name: String
        switch (question.device, question.target) {
        case (let device?, _), (nil, .device(let device)): name = device
        case (nil, .cloud):
            return .wait(.cloud(owner: question.owner), .noCloudExecutor)
        case (nil, .defaultDevice):
            guard let device = fleet.defaultDevices[question.owner] else {
                return .fail(fleet.isKnown ? noDefault : registryAway)
            }
            name = device
        }
        let queue = QueueID.device(owner: question.owner, id: name)
        if question.isNew {
            if let fault = refusal(queue, name: name, question, fleet, now) { return .fail(fault) }
        } else if fleet.isAbandoned(queue) {
            return .fail(deleted(name))
        }
        let worker = fleet.worker(serving: queue)
        return reason(worker, conversationIsBusy: question.conversationIsBusy).map { .wait(queue, $0) }
            ?? .device(queue)
    }

    /// Returns the error of a task for a deleted device.
    static func deleted(_ name: String) -> Fault {
        Fault(.deviceNotFound, "device \(name) was deleted while the task waited for it; choose another")
    }

    /// Returns why the first task of a queue waits; nil = `worker`, which serves the queue, can run it now.
    static func reason(_ worker: Worker?, conversationIsBusy: Bool) -> WaitReason? {
        guard let worker, worker.isConnected else { return .deviceOffline }
        if conversationIsBusy { return .conversationBusy }
        if worker.slots.isDraining { return .deviceDraining }
        return worker.isReady ? nil : .deviceBusy
    }

    /// Returns why a new task is not accepted for a device; nil = it is.
    private static func refusal(_ queue: QueueID, name: String, _ question: Question, _ fleet: Fleet, _ now: Timestamp)
        -> Fault?
    {
        // After a restart of the dispatcher, the session of a device that the registry lists as online opens any moment.
        if fleet.isConnected(queue) || fleet.places[queue]?.isOnline == true { return nil }
        guard let device = fleet.places[queue]?.device else { return fleet.isKnown ? unknown(name) : registryAway }
        if question.ifOffline == .wait { return nil }
        let lastSeen = fleet.worker(serving: queue)?.lastSeen
        if let since = lastSeen ?? device.lastSeenAt, now.milliseconds - since.milliseconds < question.graceMs {
            return nil
        }
        let seen = [device.lastSeenAt, lastSeen].compactMap { $0 }.max()
        let when = seen.map { ", last seen at \($0)" } ?? " and has never been connected"
        return Fault(
            .deviceOffline,
            "device \(device.name) is offline\(when); start wegent-executor there, choose another device, or let the "
                + "task wait for it with if_offline wait")
    }

    private static func unknown(_ name: String) -> Fault {
        Fault(.deviceNotFound, "there is no device \(name); the list of devices has their ids")
    }

    private static let noDefault = Fault(
        .targetRequired, "no default device is set: name a device or the cloud as the target, or star a device")

    private static let registryAway = Fault(
        .unavailable, "the devices are not known yet, because the registry cannot be reached; try again")
}

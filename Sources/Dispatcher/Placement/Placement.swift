import Messages

/// Where a task goes: a pure function of the task and of what is known.
enum Placement {
    /// What is asked.
    struct Question: Sendable {
        var owner: UserID
        /// As it was said.
        var target: Target
        /// The device that was decided on before; nil for a task that is being submitted (and for the cloud).
        var device: String?
        /// Whether it is being submitted now: then it may fail where a queued one waits.
        var isNew: Bool
        /// Whether an earlier task of its conversation has not ended, or an earlier attempt of itself is still run.
        var conversationIsBusy: Bool
        /// What becomes of a new one whose device is offline.
        var ifOffline = IfOffline.fail
        /// How long ago its device may have been seen and still count as there, in ms.
        var graceMs: Int64 = 0
    }

    /// The answer.
    enum Decision: Sendable, Equatable {
        /// It gets a slot there, now.
        case device(QueueKey)
        /// It waits there.
        case wait(QueueKey, WaitReason)
        /// It cannot run.
        case fail(Fault)
    }

    /// Decides. Whoever waits before it in its queue is the caller's business: ask in the order of the queue.
    static func decide(_ question: Question, fleet: Fleet, now: Timestamp) -> Decision {
        let name: String
        switch (question.device, question.target) {
        case (let device?, _): name = device
        case (nil, .device(let device)): name = device
        case (nil, .cloud):
            return .wait(QueueKey(owner: question.owner, device: nil), .noCloudExecutor)
        case (nil, .defaultDevice):
            guard let star = fleet.starred[question.owner] else {
                return .fail(fleet.isKnown ? noDefault : registryAway)
            }
            name = star
        }
        let key = QueueKey(owner: question.owner, device: name)
        guard question.isNew || !isAbandoned(key, fleet) else { return .fail(deleted(name)) }
        guard let place = fleet.places[key] else {
            return question.isNew ? .fail(fleet.isKnown ? unknown(name) : registryAway) : .wait(key, .deviceOffline)
        }
        if question.isNew, let fault = refusal(place, name: name, question, fleet, now) { return .fail(fault) }
        return reason(in: place, conversationIsBusy: question.conversationIsBusy).map { .wait(key, $0) } ?? .device(key)
    }

    /// Whether nobody comes for what waits for a device: it was deleted and is not connected.
    static func isAbandoned(_ key: QueueKey, _ fleet: Fleet) -> Bool {
        guard fleet.isKnown, key.device != nil else { return false }
        return fleet.places[key].map { $0.device == nil && !$0.isConnected } ?? true
    }

    /// What is said to who waited for it.
    static func deleted(_ name: String) -> Fault {
        Fault(.deviceNotFound, "device \(name) was deleted while the task waited for it; choose another")
    }

    /// Why a task waits that has a place there; nil = it would get a slot now.
    static func reason(in place: Place, conversationIsBusy: Bool) -> WaitReason? {
        guard let session = place.session else { return .deviceOffline }
        if conversationIsBusy { return .conversationBusy }
        if place.queue.isDraining { return .deviceDraining }
        return session.isReported && place.queue.hasRoom ? nil : .deviceBusy
    }

    /// Why a new task is not accepted for a device, if so.
    private static func refusal(_ place: Place, name: String, _ question: Question, _ fleet: Fleet, _ now: Timestamp)
        -> Fault?
    {
        // A device that the registry believes to be there opens its session any moment: after our restart, say.
        if place.isConnected || place.isExpected { return nil }
        guard let device = place.device else { return fleet.isKnown ? unknown(name) : registryAway }
        if question.ifOffline == .wait { return nil }
        if let since = place.lastSeen ?? device.lastSeenAt, now.milliseconds - since.milliseconds < question.graceMs {
            return nil
        }
        let seen = [device.lastSeenAt, place.lastSeen].compactMap { $0 }.max()
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

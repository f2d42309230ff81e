import Messages

@testable import Dispatcher

/// Every state of a device with every choice for it, and what ``Placement`` decides: the first table of
/// docs/policies.md.
enum PlacementTable {
    /// The state of a device when a task is to be placed there.
    enum Situation: String, CaseIterable {
        case unknown = "not known"
        case never = "known, and has never been connected"
        case free = "online, a slot is free"
        case busy = "online, every slot in use"
        case draining = "online, takes no new work"
        case silent = "connected, has not sent its first report"
        case expected = "online at the registry, its session is not open yet"
        case within = "offline for less than `grace_s`"
        case beyond = "offline for `grace_s` or longer"
        case deleted = "offline and deleted"
        case deletedWhileOnline = "online and deleted"
        case registryAway = "the registry has not been reached since the start"
    }

    static let queue = QueueID.device(owner: Sample.owner, id: "box")
    static let worker = WorkerID(owner: Sample.owner, device: "box")
    static let now = Sample.now.adding(seconds: 100)
    static let graceS = 30.0

    static let heading = [
        "| The device is | `if_offline` | A new task | … its conversation busy | A queued one | … its conversation busy |",
        "|---|---|---|---|---|---|",
    ]

    static func lines() throws -> [String] {
        try heading
            + Situation.allCases.flatMap { situation in
                let fleet = try fleet(situation)
                let rows = IfOffline.all.map { choice in
                    [true, false].flatMap { isNew in
                        [false, true].map { text(decide(fleet, choice, isNew: isNew, isBusy: $0), isNew: isNew) }
                    }
                }
                guard rows[0] != rows[1] else { return [line(situation, "either", rows[0])] }
                return zip(IfOffline.all, rows).map { line(situation, "`\($0)`", $1) }
            }
    }

    static func decide(_ fleet: Fleet, _ choice: IfOffline, isNew: Bool, isBusy: Bool) -> Placement.Decision {
        Placement.decide(
            Placement.Question(
                owner: Sample.owner, target: .device("box"), device: isNew ? nil : "box", isNew: isNew,
                conversationIsBusy: isBusy, ifOffline: choice, graceMs: Policy(Choices(graceS: graceS)).graceMs),
            fleet: fleet, now: now)
    }

    static func fleet(_ situation: Situation) throws -> Fleet {
        var fleet = Fleet()
        if situation == .registryAway { return fleet }
        var device = Sample.device("box", status: .offline)
        device.lastSeenAt = nil
        switch situation {
        case .unknown: _ = fleet.apply(Sample.snapshot([Sample.device("other")]))
        case .never: _ = fleet.apply(Sample.snapshot([device]))
        case .expected: _ = fleet.apply(Sample.snapshot([Sample.device("box")]))
        case .within, .beyond:
            _ = fleet.apply(Sample.snapshot([device]))
            try open(&fleet)
            _ = fleet.close(
                worker, generation: 1, now: now.adding(seconds: situation == .within ? -graceS + 0.001 : -graceS))
        case .deleted, .deletedWhileOnline:
            _ = fleet.apply(Sample.snapshot([device]))
            try open(&fleet)
            if situation == .deleted { _ = fleet.close(worker, generation: 1, now: now) }
            var gone = Sample.snapshot([])
            gone.snapshot = false
            gone.removed = [RemovedDevice(owner: Sample.owner, id: "box")]
            _ = fleet.apply(gone)
        default:
            _ = fleet.apply(Sample.snapshot([Sample.device("box")]))
            try open(&fleet, reported: situation != .silent)
            if situation == .busy { fleet.slots(queue) { $0.occupy(AttemptID(task: .generate(), attempt: 1)) } }
            if situation == .draining { fleet.slots(queue) { $0.report(total: 1, draining: true, unwanted: []) } }
        }
        return fleet
    }

    private static func open(_ fleet: inout Fleet, reported: Bool = true) throws {
        let ref = SessionRef(gateway: .generate(), number: 1)
        try fleet.open(worker, ref: ref, generation: 1, slots: 1, now: Sample.now)
        if reported { fleet.markReported(worker) }
    }

    private static func text(_ decision: Placement.Decision, isNew: Bool) -> String {
        switch decision {
        case .device: "gets a slot"
        case .wait(_, let reason): "waits: `\(reason)`"
        case .fail(let fault): "\(isNew ? "refused" : "fails"): `\(fault.code)`"
        }
    }

    private static func line(_ situation: Situation, _ choice: String, _ cells: [String]) -> String {
        "| \(([situation.rawValue, choice] + cells).joined(separator: " | ")) |"
    }
}

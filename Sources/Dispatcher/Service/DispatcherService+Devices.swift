import Messages

/// Changes to the registry's list of devices.
extension DispatcherService {
    /// Takes a step of the watch.
    /// - Returns: whether the whole list is known.
    func apply(_ changes: DeviceChanges) -> Bool {
        let deleted = fleet.apply(changes)
        changedQueues.formUnion(changes.devices.map { .device(owner: $0.owner, id: $0.id) })
        if phase == .serving {
            for queue in deleted { failAbandoned(queue) }
            settle()
        }
        return fleet.isKnown
    }

    /// Fails the tasks of a deleted device: those that wait for it, and those that run there and would wait for its
    /// return without an end.
    func failAbandoned(_ queue: QueueID) {
        let now = clock.wall()
        let fault = Placement.deleted(queue.device ?? "")
        for entry in fleet.places[queue]?.queue.waiting ?? [] { update(entry.task) { $0.fail(fault, now: now) } }
        for attempt in fleet.worker(serving: queue)?.slots.running ?? []
        where live[attempt.task]?.machine.policy.onDisconnect == .wait {
            update(attempt.task) { $0.fail(fault, now: now) }
        }
    }
}

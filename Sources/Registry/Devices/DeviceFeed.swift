import Messages

/// What one watcher of devices has still to be told: first a snapshot in parts, then the newest state of each
/// device that has changed. It keeps keys only, so a watcher that gives no credit costs at most one key a device.
struct DeviceFeed: Sendable {
    /// Whose devices; nil = everybody's.
    let owner: UserID?
    /// What of the snapshot has not been told; nil before it has begun.
    private var snapshot: ArraySlice<DeviceKey>?
    private var changed: Set<DeviceKey> = []

    init(owner: UserID?) { self.owner = owner }

    /// Notes that devices have changed or gone.
    mutating func mark(_ keys: [DeviceKey]) {
        // Before the snapshot has begun there is nothing to correct in it.
        guard snapshot != nil else { return }
        for key in keys where owner == nil || owner == key.owner { changed.insert(key) }
    }

    /// The next item, to be sent; nil when the watcher knows everything.
    mutating func next(_ table: DeviceTable, incarnation: Incarnation) -> DeviceChanges? {
        let first = snapshot == nil
        if first { snapshot = table.keys(of: owner)[...] }
        var item = DeviceChanges(
            incarnation: incarnation, revision: table.revision, snapshot: first, more: false)
        if let rest = snapshot, first || !rest.isEmpty {
            let part = rest.prefix(RegistryLimits.devicesPerItem)
            snapshot = rest.dropFirst(part.count)
            item.more = !(snapshot?.isEmpty ?? true)
            item.devices = part.compactMap(table.device)
            // It is told as it is now; only what was deleted since the snapshot began must still be taken back.
            for key in part where table.device(key) != nil { changed.remove(key) }
            return item
        }
        guard !changed.isEmpty else { return nil }
        while item.devices.count + item.removed.count < RegistryLimits.devicesPerItem, let key = changed.popFirst() {
            if let device = table.device(key) {
                item.devices.append(device)
            } else {
                item.removed.append(RemovedDevice(owner: key.owner, id: key.id))
            }
        }
        return item
    }
}

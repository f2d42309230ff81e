import Messages

/// The unsent changes of one device watcher: first a snapshot in parts, then the newest state of each changed device. It
/// keeps keys only, so a watcher that gives no credit costs at most one key a device.
struct DeviceFeed: Sendable {
    /// The owner of the watched devices; nil = all owners.
    let owner: UserID?
    /// The part of the snapshot that is not sent; nil before the first item.
    private var snapshot: ArraySlice<DeviceKey>?
    private var changed: Set<DeviceKey> = []

    init(owner: UserID?) { self.owner = owner }

    /// Records that devices have changed or are gone.
    mutating func mark(_ keys: [DeviceKey]) {
        // A snapshot that has not begun includes the change.
        guard snapshot != nil else { return }
        for key in keys where owner == nil || owner == key.owner { changed.insert(key) }
    }

    /// Returns the next item to send; nil when the watcher is up to date.
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
            // The item has the current state; only devices deleted since the snapshot began must still be removed.
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

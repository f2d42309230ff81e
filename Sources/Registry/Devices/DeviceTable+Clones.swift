import Messages

/// Device ids that two machines share: cloned images, or one id that was configured twice.
extension DeviceTable {
    /// Whether an executor may have a device.
    enum Claim: Equatable, Sendable {
        /// No other executor has it: the id is free, or the same executor has dialled again.
        case free
        /// Another executor has it in this session, and keeps it while the session answers.
        case contested(DeviceSession)
        /// A registration of another executor is not on disk yet.
        case registering
    }

    /// Returns whether the executor process `boot` may have a device.
    func claim(_ key: DeviceKey, by boot: BootID) -> Claim {
        guard let holder = holder(key), holder != boot else { return .free }
        guard let session = self[key]?.session, session.boot == holder else { return .registering }
        return .contested(session)
    }

    /// Returns the id for a second machine: `ID-2`, `ID-3` and so on. In this order: the id that this executor process had
    /// before; the lowest one of a machine with the same hostname; the lowest one that no device has. The id of an offline
    /// device stays with its machine.
    ///
    /// The id of a machine with the same hostname may seem in use: after a power loss its dead session is not yet noticed.
    /// So the result must be claimed too (``claim(_:by:)``). Those in `tried` have answered a probe and are skipped.
    func alternative(for key: DeviceKey, boot: BootID, hostname: String, tried: Set<DeviceKey>) -> DeviceKey {
        let base = base(of: key)
        var own: DeviceKey?
        // Ends at the latest one beyond the number of devices with that base.
        var number = 2
        while true {
            let candidate = DeviceKey(owner: key.owner, id: Self.suffixed(base, number))
            number += 1
            let holder = holder(candidate)
            guard let record = self[candidate] else {
                if holder == nil { return own ?? candidate }
                continue
            }
            guard !tried.contains(candidate) else { continue }
            if record.boot == boot, holder == nil || holder == boot { return candidate }
            if own == nil, record.platform?.hostname == hostname { own = candidate }
        }
    }

    /// Returns `ID` for an `ID-3` that was given here, so that an id does not get a second suffix.
    private func base(of key: DeviceKey) -> String {
        guard let dash = key.id.lastIndex(of: "-"), let number = UInt64(key.id[key.id.index(after: dash)...]),
            number >= 2,
            self[DeviceKey(owner: key.owner, id: String(key.id[..<dash]))] != nil
        else { return key.id }
        return String(key.id[..<dash])
    }

    private static func suffixed(_ base: String, _ number: Int) -> String {
        let suffix = "-\(number)"
        return base.prefix(RegistryLimits.idLength.upperBound - suffix.utf8.count) + suffix
    }
}

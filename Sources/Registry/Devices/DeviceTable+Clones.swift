import Messages

/// Two machines with one device id: cloned images, or one id that was given twice.
extension DeviceTable {
    /// What a registration has to wait for.
    enum Claim: Equatable, Sendable {
        /// Nobody else has the id, or the same executor has dialled again.
        case free
        /// Another executor has it in this session: it keeps it if it is alive.
        case contested(DeviceSession)
        /// Another executor is about to have it.
        case taken
    }

    /// Looks whether an executor's life may have a device.
    func claim(_ key: DeviceKey, by boot: BootID) -> Claim {
        guard let holder = holder(key), holder != boot else { return .free }
        guard let session = self[key]?.session, session.boot == holder else { return .taken }
        return .contested(session)
    }

    /// The id for a second machine: `ID-2`, `ID-3` and so on. The one that this executor's life had before, else the
    /// lowest one of a machine with the same name in the network, else the lowest one that nobody ever had: a device that
    /// is only away is somebody's, and another machine must not take its place.
    ///
    /// One of a machine of the same name may be held: after a power loss its session is dead and not yet noticed. So it
    /// has to be claimed like the first (``claim(_:by:)``), except those of `tried`, which were found alive.
    func spare(for key: DeviceKey, boot: BootID, hostname: String, tried: Set<DeviceKey>) -> DeviceKey {
        let base = base(of: key)
        var own: DeviceKey?
        // As many as there are devices of that name at most, and one more.
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

    /// `ID` of an `ID-3` that was given here: a suffix does not get another one.
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

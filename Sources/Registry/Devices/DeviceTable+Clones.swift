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
    /// lowest one that nobody has now. A machine that keeps what it is given asks for that next time; one whose id is
    /// fixed finds its own again this way, as long as the machines of that id do not swap their order.
    func spare(for key: DeviceKey, boot: BootID) -> DeviceKey {
        let base = base(of: key)
        var free: DeviceKey?
        // As many as there are devices of that name at most, and one more.
        var number = 2
        while true {
            let candidate = DeviceKey(owner: key.owner, id: Self.suffixed(base, number))
            number += 1
            if candidate != key, holder(candidate).map({ $0 == boot }) ?? true {
                if self[candidate]?.boot == boot { return candidate }
                free = free ?? candidate
            }
            guard self[candidate] == nil, holder(candidate) == nil else { continue }
            if let free { return free }
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

import Messages
import Synchronization

/// The newest session of each device at this gateway. Callable from any thread.
final class NewestSessions: Sendable {
    private struct Key: Hashable {
        var owner: UserID
        var device: String
    }
    private struct Newest {
        var session: SessionNumber
        var generation: UInt64
        var replace: @Sendable () -> Void
    }
    private struct State {
        var newest: [Key: Newest] = [:]
        /// The device of each session that is or was the newest.
        var devices: [SessionNumber: Key] = [:]
    }
    private let state = Mutex(State())

    /// Records the device of a session. The older of two sessions of one device is closed with its `replace`:
    /// its socket may take long to fail.
    func add(
        _ session: SessionNumber, owner: UserID, device: String, generation: UInt64,
        replace: @escaping @Sendable () -> Void
    ) {
        let key = Key(owner: owner, device: device)
        let added = Newest(session: session, generation: generation, replace: replace)
        let older = state.withLock { state -> Newest? in
            let old = state.newest[key]
            guard generation >= old?.generation ?? 0 else { return added }
            state.newest[key] = added
            state.devices[session] = key
            return old?.session == session ? nil : old
        }
        older?.replace()
    }

    /// Removes a session that has ended.
    func remove(_ session: SessionNumber) {
        state.withLock { state in
            guard let key = state.devices.removeValue(forKey: session) else { return }
            if state.newest[key]?.session == session { state.newest[key] = nil }
        }
    }

    /// The generation of a device's newest session; 0 = there is none.
    func generation(of device: String, owner: UserID) -> UInt64 {
        state.withLock { $0.newest[Key(owner: owner, device: device)]?.generation } ?? 0
    }
}

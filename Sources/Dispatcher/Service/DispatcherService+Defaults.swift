import Messages

/// What owners' tasks choose where they say nothing.
extension DispatcherService {
    /// - Throws: ``Fault`` `storage_failed`, or that nothing is answered now.
    func defaults(_ message: DefaultsGet) async throws -> DefaultsView {
        try await assureLead()
        do { return view(try await store.defaults(of: message.owner)) } catch { throw storeFault(error) }
    }

    /// Changes them for tasks that are accepted from now on.
    /// - Throws: ``Fault`` `invalid_request` that names the field, `storage_failed`, or that nothing is answered now.
    func setDefaults(_ message: DefaultsSet) async throws -> DefaultsView {
        try message.set.check()
        for name in message.clear where !Choices.names.contains(name) {
            throw Fault(
                .invalidRequest,
                "there is no choice '\(name.prefix(40))' to be cleared; there are \(Choices.names.joined(separator: ", "))"
            )
        }
        return view(try await write { try await $0.setDefaults(message) })
    }

    private func view(_ chosen: Choices) -> DefaultsView {
        DefaultsView(chosen: chosen, effective: resolve(nil, defaults: chosen))
    }

    /// Writes something that is not in memory.
    /// - Throws: ``Fault`` `not_leader`, `storage_failed`, what `body` says, or that nothing is answered now.
    func write<T: Sendable>(_ body: (any TaskStore) async throws -> T) async throws -> T {
        guard phase == .serving else { throw lostFault }
        try await assureLead()
        do { return try await body(store) } catch {
            if isNotLeader(error) { depose() }
            throw error as? Fault ?? writeFault(error)
        }
    }
}

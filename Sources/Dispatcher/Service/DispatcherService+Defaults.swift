import Messages

/// Owners' defaults: the choices of tasks that state none.
extension DispatcherService {
    /// - Throws: ``Fault`` `storage_failed`, or as ``assureLead(_:)``.
    func defaults(_ message: DefaultsGet) async throws -> DefaultsView {
        try await assureLead(message.owner)
        do { return view(try await store.defaults(of: message.owner)) } catch { throw unreadable(error) }
    }

    /// Changes the defaults of tasks that are accepted from now on.
    /// - Throws: ``Fault`` `invalid_request` that names the field, `storage_failed`, or as ``assureServing(_:)``.
    func setDefaults(_ message: DefaultsSet) async throws -> DefaultsView {
        try message.set.check()
        for name in message.clear where !Choices.names.contains(name) {
            throw Fault(
                .invalidRequest,
                "there is no choice '\(name.prefix(40))' to be cleared; there are \(Choices.names.joined(separator: ", "))"
            )
        }
        return view(try await write(for: message.owner) { try await $0.setDefaults(message) })
    }

    private func view(_ chosen: Choices) -> DefaultsView {
        DefaultsView(chosen: chosen, effective: configuration.resolve(nil, defaults: chosen))
    }
}

import Messages

/// Submits tasks; their target may be a device's name.
struct TaskSubmission: Sendable {
    let client: LeaderClient

    /// Submits a task. The leader takes a target as an id; only when it knows no such device is the target looked up as
    /// a name at the registry, and the task submitted again with the device's id.
    ///
    /// All steps share one deadline, ``GatewayLimits/request``: a client must not read an error for a task that a late
    /// step accepts.
    /// - Throws: ``Fault``: the leader's own, `target_ambiguous` when several devices have the name, or `unavailable` when
    ///   the registry cannot be asked for the name.
    func submit(_ submit: TaskSubmit, trace: TraceID) async throws -> TaskView {
        let end = ContinuousClock.now + GatewayLimits.request
        do {
            return try await client.askLeader(of: submit.owner, submit, trace: trace, until: end)
        } catch let fault as Fault where fault.code == .deviceNotFound {
            guard case .device(let text) = submit.target,
                let id = try await deviceID(named: text, of: submit.owner, trace, until: end), id != text
            else { throw fault }
            guard ContinuousClock.now < end else {
                throw Fault(.deadlineExceeded, "the device's name was not looked up in time; try again")
            }
            var submit = submit
            submit.target = .device(id)
            return try await client.askLeader(of: submit.owner, submit, trace: trace, until: end)
        }
    }

    private func deviceID(
        named text: String, of owner: UserID, _ trace: TraceID, until end: ContinuousClock.Instant
    ) async throws -> String? {
        let devices = try await client.askRegistry(
            DeviceList(owner: owner, limit: 200, named: text), trace: trace, until: end
        ).devices
        let matches = DeviceMatch.find(text, in: devices, id: \.id, name: \.name)
        guard matches.count > 1 else { return matches.first?.id }
        let ids = matches.map(\.id).joined(separator: ", ")
        throw Fault(
            .targetAmbiguous, "\(matches.count) devices are named '\(text)'; use the id of one as the target: \(ids)")
    }
}

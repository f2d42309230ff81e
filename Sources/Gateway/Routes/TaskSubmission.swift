import Messages

/// Submits tasks; their target may be a device's name.
struct TaskSubmission: Sendable {
    let client: LeaderClient

    /// Submits a task. The leader takes a target as an id; only when it knows no such device is the target looked up as
    /// a name at the registry, and the task submitted again with the device's id.
    /// - Throws: ``Fault``: the leader's own, `target_ambiguous` when several devices have the name.
    func submit(_ submit: TaskSubmit, trace: TraceID) async throws -> TaskView {
        guard case .device(let text) = submit.target else { return try await send(submit, trace) }
        let unknown: Fault
        if text.utf8.count > Self.idLength {
            unknown = Fault(.deviceNotFound, "there is no device with this name; the list of devices has their names")
        } else {
            do { return try await send(submit, trace) } catch let fault as Fault where fault.code == .deviceNotFound {
                unknown = fault
            }
        }
        guard let id = try await deviceID(named: text, of: submit.owner, trace), id != text else { throw unknown }
        var submit = submit
        submit.target = .device(id)
        return try await send(submit, trace)
    }

    /// The most bytes of a device's id; the dispatcher refuses a longer one.
    private static let idLength = 128

    private func send(_ submit: TaskSubmit, _ trace: TraceID) async throws -> TaskView {
        try await client.askLeader(of: submit.owner, submit, trace: trace)
    }

    private func deviceID(named text: String, of owner: UserID, _ trace: TraceID) async throws -> String? {
        let devices = try await client.askRegistry(DeviceList(owner: owner), trace: trace).devices
        let matches = DeviceMatch.find(text, in: devices, id: \.id, name: \.name)
        guard matches.count > 1 else { return matches.first?.id }
        let ids = matches.map(\.id).joined(separator: ", ")
        throw Fault(
            .targetAmbiguous, "\(matches.count) devices are named '\(text)'; use the id of one as the target: \(ids)")
    }
}

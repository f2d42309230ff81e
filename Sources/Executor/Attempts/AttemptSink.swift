import Messages

/// Where the events and permission requests of one attempt's agent go.
struct AttemptSink: TurnSink {
    let id: AttemptID
    /// Where the agent runs.
    let directory: String
    let service: ExecutorService

    func emit(_ events: [AgentEvent]) async { await service.emit(events, of: id, in: directory) }
    var isPaused: Bool { get async { await service.isPaused(id) } }
    func ask(_ request: PermissionRequest, reply: @escaping OpenRequests.Reply) async {
        await service.ask(request, of: id, in: directory, reply: reply)
    }
    func withdraw(_ request: String) async { await service.withdraw(request, of: id) }
}

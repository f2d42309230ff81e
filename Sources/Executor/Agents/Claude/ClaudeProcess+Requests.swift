import Messages

/// Permission requests on their way to a person and back.
extension ClaudeProcess {
    /// Passes a permission request on to a person; its output is read meanwhile.
    func ask(_ id: String, _ request: ControlRequest) async {
        guard let sink = turn?.sink, turn?.closing == nil else {
            return write(ClaudeMessages.deny(request: id, message: "this process has no task"))
        }
        switch asked.admit(id, request) {
        case .ask(let permission): await sink.ask(permission) { await self.answer(permission, $0) }
        case .deny(let event, let answer):
            await sink.emit([event])
            write(answer)
        }
    }

    private func answer(_ request: PermissionRequest, _ decision: PermissionDecision) {
        let isEnding = turn.map { $0.interrupted || $0.closing != nil } ?? true
        if let line = asked.answer(request, decision, isEnding: isEnding) { write(line) }
    }
}

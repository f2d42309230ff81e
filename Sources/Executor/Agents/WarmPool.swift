import Messages

/// A process of an agent that may stay between two turns of a conversation.
protocol WarmProcess: AnyObject, Sendable {
    /// Whether another turn can be given to it.
    var isUsable: Bool { get async }
    /// Ends it between turns: by itself, and by force after `grace` seconds.
    func shutDown(grace: Double) async
}

/// The processes of an agent that stay warm between turns, one a conversation. They hold no slot; the one that was idle for
/// longest makes room.
actor WarmPool<Process: WarmProcess> {
    private struct Kept {
        var process: Process
        var since: ContinuousClock.Instant
        var expiry: Task<Void, Never>
    }

    /// Seconds that a process stays without a turn.
    private let limit: Double
    /// How many processes stay.
    private let most: Int
    private var kept: [ConversationID: Kept] = [:]
    private var isShutDown = false

    init(limit: Double, most: Int) {
        self.limit = limit
        self.most = most
    }

    /// Removes and returns a conversation's process; its owner is the caller from now on.
    func take(_ conversation: ConversationID) -> Process? {
        guard let found = kept.removeValue(forKey: conversation) else { return nil }
        found.expiry.cancel()
        return found.process
    }

    /// Keeps a process after its turn. Ends it where it takes no other turn or the conversation has one already.
    func keep(_ process: Process, of conversation: ConversationID) async {
        guard await process.isUsable, !isShutDown, kept[conversation] == nil else {
            return await process.shutDown(grace: 1)
        }
        let limit = limit
        let expiry = Task {
            do { try await Task.sleep(for: .seconds(limit)) } catch { return }
            self.expire(conversation)
        }
        kept[conversation] = Kept(process: process, since: .now, expiry: expiry)
        while kept.count > most, let oldest = kept.min(by: { $0.value.since < $1.value.since })?.key { expire(oldest) }
    }

    private func expire(_ conversation: ConversationID) {
        guard let process = take(conversation) else { return }
        Task { await process.shutDown(grace: 2) }
    }

    /// Ends every process; none is kept afterwards.
    func shutDown() async {
        isShutDown = true
        let processes = kept.values.map(\.process)
        for kept in kept.values { kept.expiry.cancel() }
        kept = [:]
        await withTaskGroup(of: Void.self) { group in
            for process in processes { group.addTask { await process.shutDown(grace: 0.5) } }
        }
    }
}

import Messages

/// Conversations: what their owners ask about them, and their wishes.
extension DispatcherService {
    /// A page of an owner's, the one with the newest task first.
    /// - Throws: ``Fault`` `invalid_request` or `storage_failed`.
    func list(_ message: ConversationList) async throws -> ConversationListing {
        try await assureLead()
        if let query = message.query, !(1...200).contains(query.count) || query.utf8.count > 6400 {
            throw Fault(.invalidRequest, "'query' has 1 to 200 characters")
        }
        if message.query != nil { try await beginSearch() }
        defer { if message.query != nil { endSearch() } }
        do { return try await store.conversations(message) } catch { throw storeFault(error) }
    }

    /// Waits until no other search goes on: each takes a reader of the store for long.
    /// - Throws: ``Fault`` `unavailable` when too many wait already.
    private func beginSearch() async throws {
        guard isSearching else {
            isSearching = true
            return
        }
        guard searchers.count < DispatcherLimits.waitingSearches else {
            throw Fault(.unavailable, "\(searchers.count) searches are waiting already; try again in some seconds")
        }
        await withCheckedContinuation { searchers.append($0) }
    }

    /// The turn of the next one.
    func endSearch() {
        if searchers.isEmpty { isSearching = false } else { searchers.removeFirst().resume() }
    }

    /// - Throws: ``Fault`` `conversation_not_found` or `storage_failed`.
    func view(_ message: ConversationGet) async throws -> ConversationView {
        try await assureLead()
        let view: ConversationView?
        do { view = try await store.conversation(message.conversation, owner: message.owner) } catch {
            throw storeFault(error)
        }
        guard let view else { throw unknown(message.conversation) }
        return view
    }

    /// - Throws: ``Fault`` `conversation_not_found`, `invalid_request`, `storage_failed`, or that nothing is answered now.
    func rename(_ message: ConversationRename) async throws -> ConversationView {
        if let title = message.title {
            guard (1...200).contains(title.count), title.utf8.count <= 6400, title.contains(where: { !$0.isWhitespace })
            else { throw Fault(.invalidRequest, "'title' has 1 to 200 characters and is not blank") }
        }
        guard let view = try await write({ try await $0.rename(message) }) else {
            throw unknown(message.conversation)
        }
        return view
    }

    /// Deletes one with all that belongs to it.
    /// - Throws: ``Fault`` `conversation_not_found`, `conflict` while one of its tasks has not ended, `storage_failed`,
    ///   or that nothing is answered now.
    func delete(_ message: ConversationDelete) async throws -> Done {
        // One that was accepted this moment may not be on disk.
        if lines.owner(of: message.conversation) == message.owner, let task = lines.first(in: message.conversation) {
            throw isAlive(task)
        }
        deleting.insert(message.conversation)
        defer {
            deleting.remove(message.conversation)
            deletions += 1
        }
        let tasks: [TaskID]
        switch try await write({ try await $0.delete(message) }) {
        case .deleted(let deleted): tasks = deleted
        case .alive(let task): throw isAlive(task)
        case .notFound: throw unknown(message.conversation)
        }
        logger.notice("conversation deleted", metadata: ["tasks": "\(tasks.count)"])
        deleted(tasks)
        sweepDeleted()
        return Done()
    }

    private func isAlive(_ task: TaskID) -> Fault {
        Fault(
            .conflict, "task \(task) of this conversation has not ended; cancel it or wait for it, then delete again")
    }

    private func unknown(_ id: ConversationID) -> Fault {
        Fault(.conversationNotFound, "there is no conversation \(id)")
    }
}

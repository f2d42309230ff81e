import Launch
import Messages

/// What owners read and change of their conversations.
extension DispatcherService {
    /// Returns a page of an owner's conversations, the one with the newest task first.
    /// - Throws: ``Fault`` `invalid_request`, `unavailable` when too many searches wait, `storage_failed`, or as
    ///   ``assureLead(_:)``.
    func list(_ message: ConversationList) async throws -> ConversationListing {
        try await assureLead(message.owner)
        guard let query = message.query else { return try await read(message) }
        guard Limits.fits(query, 1...200) else {
            throw Fault(.invalidRequest, "'query' has 1 to 200 characters")
        }
        do {
            return try await searchGate.withPermit { try await read(message) }
        } catch let full as AsyncSemaphore.Full {
            throw Fault(.unavailable, "\(full.waiting) searches are waiting already; try again in some seconds")
        }
    }

    private func read(_ message: ConversationList) async throws -> ConversationListing {
        do { return try await store.conversations(message) } catch { throw unreadable(error) }
    }

    /// - Throws: ``Fault`` `conversation_not_found`, `storage_failed`, or as ``assureLead(_:)``.
    func view(_ message: ConversationGet) async throws -> ConversationView {
        try await assureLead(message.owner)
        let view: ConversationView?
        do { view = try await store.conversation(message.conversation, owner: message.owner) } catch {
            throw unreadable(error)
        }
        guard let view else { throw noConversation(message.conversation) }
        return view
    }

    /// - Throws: ``Fault`` `conversation_not_found`, `invalid_request`, `storage_failed`, or as ``assureServing(_:)``.
    func rename(_ message: ConversationRename) async throws -> ConversationView {
        if let title = message.title {
            guard Limits.fits(title, 1...200), title.contains(where: { !$0.isWhitespace }) else {
                throw Fault(.invalidRequest, "'title' has 1 to 200 characters and is not blank")
            }
        }
        guard let view = try await write(for: message.owner, { try await $0.rename(message) }) else {
            throw noConversation(message.conversation)
        }
        return view
    }

    /// Deletes a conversation with all that belongs to it.
    /// - Throws: ``Fault`` `conversation_not_found`, `conflict` while one of its tasks has not ended, `storage_failed`,
    ///   or as ``assureServing(_:)``.
    func delete(_ message: ConversationDelete) async throws -> Done {
        // A task that was just accepted may not be on disk.
        if let lines = shards[message.owner]?.lines, lines.owner(of: message.conversation) == message.owner,
            let task = lines.first(in: message.conversation)
        {
            throw isAlive(task)
        }
        shards[message.owner]?.beginDeletion(message.conversation)
        defer { shards[message.owner]?.endDeletion(message.conversation) }
        switch try await write(for: message.owner, { try await $0.delete(message) }) {
        case .alive(let task): throw isAlive(task)
        case .notFound: throw noConversation(message.conversation)
        case .deleted(let tasks):
            logger.notice("conversation deleted", metadata: ["tasks": "\(tasks.count)"])
            deleted(tasks)
            sweep()
            return Done()
        }
    }

    private func isAlive(_ task: TaskID) -> Fault {
        Fault(
            .conflict, "task \(task) of this conversation has not ended; cancel it or wait for it, then delete again")
    }

    private func noConversation(_ id: ConversationID) -> Fault {
        Fault(.conversationNotFound, "there is no conversation \(id)")
    }
}

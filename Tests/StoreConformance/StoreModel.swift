// A release build has no @testable import.
#if DEBUG
    import Messages

    @testable import Dispatcher

    /// What a store should contain, in dictionaries: the oracle of ``RandomHistory``.
    struct StoreModel {
        struct Entry {
            var record: TaskRecord
            let prompt: String
            var events: [Event] = []
            var approvals: [String: ApprovalRecord] = [:]
        }

        private(set) var tasks: [TaskID: Entry] = [:]
        private(set) var titles: [ConversationID: String] = [:]
        /// The owner, and when the newest task was accepted.
        private(set) var conversations: [ConversationID: (owner: UserID, created: Timestamp, updated: Timestamp)] = [:]
        private(set) var defaults: [UserID: Choices] = [:]
        /// Tasks that were deleted and may have remains.
        private(set) var deleted: [TaskID] = []

        mutating func apply(_ batch: CommitBatch) {
            for record in batch.records {
                if let creation = batch.creations[record.id] {
                    tasks[record.id] = Entry(record: record, prompt: creation.prompt)
                    conversations[record.conversation, default: (record.owner, record.createdAt, record.createdAt)]
                        .updated =
                        max(conversations[record.conversation]?.updated ?? record.createdAt, record.createdAt)
                } else {
                    tasks[record.id]?.record = record
                }
            }
            for event in batch.events { tasks[event.task]?.events.append(event) }
            for approval in batch.approvals { tasks[approval.attempt.task]?.approvals[approval.request] = approval }
        }

        mutating func rename(_ conversation: ConversationID, _ title: String?) { titles[conversation] = title }

        mutating func setDefaults(_ choices: Choices, of owner: UserID) {
            let merged = choices.filled(from: defaults[owner] ?? Choices())
            defaults[owner] = merged
        }

        mutating func delete(_ conversation: ConversationID) {
            for task in tasks(in: conversation) { remove(task.id) }
            conversations[conversation] = nil
            titles[conversation] = nil
        }

        /// Deletes the oldest ended tasks; returns them.
        mutating func prune(before time: Timestamp, limit: Int) -> [TaskID] {
            let old = tasks.values.map(\.record).filter { $0.endedAt.map { $0 < time } ?? false }
                .sorted { ($0.endedAt ?? time) < ($1.endedAt ?? time) }.prefix(limit)
            for record in old {
                remove(record.id)
                if tasks(in: record.conversation).isEmpty, titles[record.conversation] == nil {
                    conversations[record.conversation] = nil
                }
            }
            return old.map(\.id)
        }

        private mutating func remove(_ task: TaskID) {
            tasks[task] = nil
            deleted.append(task)
        }

        func tasks(in conversation: ConversationID) -> [TaskRecord] {
            tasks.values.map(\.record).filter { $0.conversation == conversation }.sorted { $0.ordinal < $1.ordinal }
        }

        func living(in partition: Partition) -> [TaskRecord] {
            tasks.values.map(\.record).filter { $0.partition == partition && !$0.state.isTerminal }
                .sorted { $0.ordinal < $1.ordinal }
        }

        func lastOrdinal(in partition: Partition) -> Int64 {
            tasks.values.map(\.record).filter { $0.partition == partition }.map(\.ordinal).max() ?? 0
        }

        /// A conversation as its owner sees it.
        func view(_ id: ConversationID) -> ConversationView? {
            guard let conversation = conversations[id] else { return nil }
            let records = tasks(in: id)
            return ConversationView(
                id: id, title: titles[id] ?? records.first?.excerpt ?? "", createdAt: conversation.created,
                updatedAt: conversation.updated, tasks: records.count, lastTask: records.last?.id,
                state: records.last?.state, device: records.last?.device, deviceName: records.last?.deviceName)
        }
    }
#endif

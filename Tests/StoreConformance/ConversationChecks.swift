// A release build has no @testable import.
#if DEBUG
    import Messages

    @testable import Dispatcher

    extension TaskStoreConformance {
        static let conversationChecks: [Check] = [
            Check("Conversations are listed by their newest task, in pages without a gap or a repeat") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                // Two of the same moment, and the oldest goes on last.
                let first = fixture.record(at: 1)
                let records = [first, fixture.record(at: 2), fixture.record(at: 2), fixture.record(at: 3)]
                try await store.commit(CommitBatch(creating: records))
                let last = fixture.record(conversation: first.conversation, at: 9)
                try await store.commit(CommitBatch(creating: [last]))
                var seen: [ConversationID] = []
                var before: String?
                repeat {
                    let page = try await store.conversations(
                        ConversationList(owner: fixture.owner, limit: 1, before: before))
                    try expectEqual(page.total, 4, "the total")
                    seen += page.conversations.map(\.id)
                    before = page.next
                } while before != nil
                let order = [records[0], records[3], records[2], records[1]].map(\.conversation)
                try expectEqual(seen, order, "all pages")
                for cursor in ["", "x", "1", "1.", "1.x"] {
                    try await expectRefusal(.invalidCursor, "the cursor '\(cursor)'") {
                        try await store.conversations(
                            ConversationList(owner: fixture.owner, limit: 1, before: cursor))
                    }
                }
            },
            Check(
                "A conversation shows its first prompt, its newest task and its count; a title goes before the prompt"
            ) {
                storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let first = fixture.ended(excerpt: "first", at: 1)
                var last = fixture.record(conversation: first.conversation, excerpt: "last", at: 2)
                last.deviceName = "Box"
                try await store.commit(CommitBatch(creating: [first, last]))
                let (id, owner) = (first.conversation, fixture.owner)
                let view = ConversationView(
                    id: id, title: "first", createdAt: first.createdAt, updatedAt: last.createdAt, tasks: 2,
                    lastTask: last.id, state: .queued, device: "box", deviceName: "Box")
                try expectEqual(try await store.conversation(id, owner: owner), view, "a conversation")
                var titled = view
                titled.title = "a title"
                let renamed = try await store.rename(
                    ConversationRename(owner: owner, conversation: id, title: "a title"))
                try expectEqual(renamed, titled, "a new title")
                let cleared = try await store.rename(ConversationRename(owner: owner, conversation: id, title: nil))
                try expectEqual(cleared, view, "no title")
                let stranger = fixture.stranger()
                try expect(try await store.conversation(id, owner: stranger) == nil, "a stranger sees it")
                let stolen = try await store.rename(
                    ConversationRename(owner: stranger, conversation: id, title: "mine"))
                try expect(stolen == nil, "a stranger has named it")
                try expectEqual(try await store.conversation(id, owner: owner), view, "the conversation afterwards")
            },
            Check("A search takes its text literally, and the letters A to Z in either case") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let texts = ["100% Sure", "a_b", "aXb", "back\\slash", "STRASSE Ärger", "quote'\""]
                for text in texts {
                    try await store.commit(CommitBatch(creating: [fixture.record(excerpt: "-")], prompt: text))
                }
                let named = fixture.record(excerpt: "-")
                try await store.commit(CommitBatch(creating: [named], prompt: "-"))
                _ = try await store.rename(
                    ConversationRename(owner: fixture.owner, conversation: named.conversation, title: "Strasse"))
                let count = { (query: String) async throws -> Int in
                    try await store.conversations(ConversationList(owner: named.owner, limit: 50, query: query)).total
                }
                for (query, number) in [
                    ("%", 1), ("_", 1), ("a_b", 1), ("axb", 1), ("\\", 1), ("strasse", 2), ("ärger", 0), ("Ärger", 1),
                    ("'\"", 1), ("100% sure", 1), ("", 7), ("absent", 0),
                ] { try expectEqual(try await count(query), number, "matches of '\(query)'") }
                let page = try await store.conversations(
                    ConversationList(owner: fixture.owner, limit: 1, query: "strasse"))
                try expectEqual(page.conversations.map(\.id), [named.conversation], "the first page of a search")
                let next = try await store.conversations(
                    ConversationList(owner: fixture.owner, limit: 1, before: page.next, query: "strasse"))
                try expect(next.next == nil && next.conversations.count == 1, "the second page of a search")
                let strange = ConversationList(owner: fixture.stranger(), limit: 1, query: "strasse")
                try expectEqual(try await store.conversations(strange).total, 0, "a stranger's search")
            },
            Check(
                "A large conversation is gone at once, and its tasks go in steps, also after another process took the lead"
            ) {
                storage in
                var store = try await storage.open()
                var fixture = Fixture()
                let first = fixture.ended()
                let count = 2 * DispatcherLimits.prunedTasks + 10
                let records = [first] + (1..<count).map { _ in fixture.ended(conversation: first.conversation) }
                let other = fixture.ended()
                try await store.commit(CommitBatch(creating: records + [other]))
                let message = ConversationDelete(owner: fixture.owner, conversation: first.conversation)
                guard case .deleted(let tasks) = try await store.delete(message) else {
                    throw Failure(description: "an ended conversation was not deleted")
                }
                try expectEqual(tasks.count, DispatcherLimits.prunedTasks, "the tasks of the first step")
                try expectEqual(try await store.delete(message), .notFound, "a second deletion")
                let view = try await store.conversation(first.conversation, owner: fixture.owner)
                try expect(view == nil, "the conversation is there")
                let submit = TaskSubmit(
                    task: fixture.id(), owner: fixture.owner, prompt: "p", target: .cloud, agent: "shell",
                    conversation: first.conversation)
                try expect(try await store.prior(to: submit, now: Fixture.now).isDeleting, "it can be submitted to")
                store = try await storage.open()
                var gone = Set(tasks)
                var isLeft = true
                while isLeft {
                    let step = try await store.sweepConversations(limit: 100)
                    try expect(step.tasks.count <= 100, "a step of \(step.tasks.count) tasks")
                    gone.formUnion(step.tasks)
                    isLeft = step.isLeft
                }
                try expectEqual(gone, Set(records.map(\.id)), "the deleted tasks")
                try expect(try await !store.prior(to: submit, now: Fixture.now).isDeleting, "it cannot be submitted to")
                let left = try await store.list(TaskList(owner: fixture.owner, limit: 9)).records
                try expectEqual(left.map(\.id), [other.id], "the tasks that stay")
            },
            Check("A conversation is deleted with all its tasks, once they have ended") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                var first = fixture.record()
                let second = fixture.ended(conversation: first.conversation)
                try await store.commit(CommitBatch(creating: [first, second]))
                let message = ConversationDelete(owner: fixture.owner, conversation: first.conversation)
                let stolen = ConversationDelete(owner: fixture.stranger(), conversation: first.conversation)
                try expectEqual(try await store.delete(message), .alive(first.id), "a living task")
                try expectEqual(try await store.delete(stolen), .notFound, "a stranger's deletion")
                first.state = .cancelled
                first.endedAt = Fixture.now
                try await store.commit(CommitBatch(records: [first]))
                guard case .deleted(let tasks) = try await store.delete(message) else {
                    throw Failure(description: "an ended conversation was not deleted")
                }
                try expectEqual(Set(tasks), [first.id, second.id], "the deleted tasks")
                try expect(try await store.task(first.id, owner: fixture.owner) == nil, "a task is there")
                try expectEqual(try await store.list(TaskList(owner: fixture.owner, limit: 9)).total, 0, "the list")
                try expect(
                    try await store.conversation(first.conversation, owner: fixture.owner) == nil, "it is there")
                try expectEqual(try await store.delete(message), .notFound, "a second deletion")
            },
        ]
    }
#endif

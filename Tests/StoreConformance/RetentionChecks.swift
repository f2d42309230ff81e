// A release build has no @testable import.
#if DEBUG
    import Messages

    @testable import Dispatcher

    extension TaskStoreConformance {
        static let retentionChecks: [Check] = [
            Check("Old tasks are deleted oldest first, some at a time; living and younger ones stay") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let records = (1...4).map { fixture.ended(at: Double($0)) }
                let living = fixture.record(at: 0)
                try await store.commit(CommitBatch(creating: records.reversed() + [living]))
                _ = try await store.rename(
                    ConversationRename(owner: fixture.owner, conversation: records[0].conversation, title: "kept"))
                let time = Fixture.now.adding(seconds: 4)
                let ids = records.map(\.id)
                try expectEqual(try await store.prune(endedBefore: time, limit: 2), [ids[0], ids[1]], "the first step")
                try expectEqual(try await store.prune(endedBefore: time, limit: 2), [ids[2]], "the second step")
                try expectEqual(try await store.prune(endedBefore: time, limit: 2), [], "the third step")
                let left = try await store.list(TaskList(owner: fixture.owner, limit: 9)).records
                try expectEqual(Set(left.map(\.id)), [ids[3], living.id], "the tasks that stay")
                let conversations = try await store.conversations(ConversationList(owner: fixture.owner, limit: 9))
                try expectEqual(
                    Set(conversations.conversations.map(\.id)),
                    [records[0].conversation, records[3].conversation, living.conversation],
                    "the conversations that have a title or a task")
            },
            Check("What belongs to deleted tasks is hidden at once and removed in steps of rows and bytes") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let (gone, kept) = (fixture.ended(at: 1), fixture.ended(at: 2))
                var batch = CommitBatch(creating: [gone, kept])
                batch.events = fixture.events(of: gone.id, 20, bytes: 1000) + fixture.events(of: kept.id, 3)
                batch.approvals = (0..<5).map { fixture.approval(of: gone, "r\($0)") }
                batch.approvals.append(fixture.approval(of: kept, "kept"))
                try await store.commit(batch)
                _ = try await store.prune(endedBefore: Fixture.now.adding(seconds: 2), limit: 9)
                let listed = try await store.approvals(ApprovalList(owner: fixture.owner, limit: 99))
                try expectEqual(listed.approvals.map(\.id), [batch.approvals[5].id], "the permission requests")
                let hidden = try await store.approval(batch.approvals[0].id, owner: fixture.owner)
                try expect(hidden == nil, "a permission request of a deleted task")
                let left = { () async throws -> Int in
                    try await store.events(gone.id, after: 0, limit: 99, bytes: 1 << 20).count
                }
                try expect(try await store.sweepDeletions(rows: 4, bytes: 1 << 20), "more is left")
                try expectEqual(try await left(), 16, "events after a step of 4 rows")
                try expect(try await store.sweepDeletions(rows: 99, bytes: 2500), "more is left")
                try expectEqual(try await left(), 13, "events after a step of 2,500 bytes")
                var steps = 0
                while try await store.sweepDeletions(rows: 4, bytes: 1 << 20) {
                    steps += 1
                    try expect(steps < 20, "the steps do not end")
                }
                try expectEqual(try await left(), 0, "events at the end")
                let events = try await store.events(kept.id, after: 0, limit: 9, bytes: 9999)
                try expectEqual(events.count, 3, "events of the task that stays")
                try expectEqual(try await store.task(kept.id, owner: kept.owner)?.prompt, "prompt", "its prompt")
                try expect(try await store.sweepDeletions(rows: 4, bytes: 9) == false, "nothing is left")
            },
        ]
    }
#endif

// A release build has no @testable import.
#if DEBUG
    import Messages

    @testable import Dispatcher

    extension TaskStoreConformance {
        static let leadChecks: [Check] = [
            Check("A leader that was replaced changes nothing and loads nothing; its successor has a higher epoch") {
                storage in
                let old = try await storage.open()
                var fixture = Fixture()
                let record = fixture.ended()
                try await old.commit(CommitBatch(creating: [record]))
                try await old.commit(CommitBatch(renews: true))
                try await old.checkLead()
                let new = try await storage.open()
                try expect(new.epoch > old.epoch, "epoch \(new.epoch) after \(old.epoch)")
                let (owner, conversation) = (record.owner, record.conversation)
                let other = fixture.record()
                let later = Fixture.now.adding(seconds: 9)
                let operations: [(String, () async throws -> Void)] = [
                    ("check", { try await old.checkLead() }),
                    ("commit", { try await old.commit(CommitBatch(creating: [other])) }),
                    ("renewal", { try await old.commit(CommitBatch(renews: true)) }),
                    ("load", { _ = try await old.alive([record.partition]) }),
                    (
                        "rename",
                        {
                            _ = try await old.rename(
                                ConversationRename(owner: owner, conversation: conversation, title: "x"))
                        }
                    ),
                    (
                        "delete",
                        {
                            _ = try await old.delete(ConversationDelete(owner: owner, conversation: conversation))
                        }
                    ),
                    (
                        "defaults",
                        {
                            _ = try await old.setDefaults(DefaultsSet(owner: owner, set: Choices(priority: .low)))
                        }
                    ),
                    ("prune", { _ = try await old.prune(endedBefore: later, limit: 9) }),
                    ("sweep of conversations", { _ = try await old.sweepConversations(limit: 9) }),
                    ("sweep of keys", { _ = try await old.sweepKeys(before: later, rows: 9) }),
                    ("sweep", { _ = try await old.sweepDeletions(rows: 9, bytes: 9) }),
                ]
                for (name, operation) in operations {
                    try await expectRefusal(.notLeader, "\(name) of a replaced leader", operation)
                }
                // Leaving does not give up what belongs to the successor.
                try await old.leave()
                try await new.checkLead()
                try expectEqual(try await new.task(record.id, owner: owner)?.record, record, "the task")
                try expect(try await new.task(other.id, owner: owner) == nil, "a task of the replaced leader")
                try expectEqual(try await new.conversation(conversation, owner: owner)?.title, "excerpt", "the title")
                try expectEqual(try await new.defaults(of: owner), Choices(), "the defaults")
            },
            Check("After the leader has left and closed, the next one has a higher epoch and finds everything") {
                storage in
                var epoch: UInt64 = 0
                var fixture = Fixture()
                var records: [TaskRecord] = []
                for _ in 0..<3 {
                    let store = try await storage.open()
                    try expect(store.epoch > epoch, "epoch \(store.epoch) after \(epoch)")
                    epoch = store.epoch
                    let living = try await store.alive(Partition.all).flatMap(\.records)
                    try expectEqual(living, records, "the tasks")
                    records.append(fixture.record())
                    try await store.commit(CommitBatch(creating: [records[records.count - 1]]))
                    try await store.leave()
                    await store.close()
                }
            },
        ]
    }
#endif

// A release build has no @testable import.
#if DEBUG
    import Messages

    @testable import Dispatcher

    extension TaskStoreConformance {
        static let batchChecks: [Check] = [
            Check("A read sees all of a batch or none of it, and does not wait for it") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let record = fixture.record()
                try await store.commit(CommitBatch(creating: [record]))
                var changed = record
                changed.lastSeq = 3000
                let batch = CommitBatch(records: [changed], events: fixture.events(of: record.id, 3000, bytes: 500))
                let commit = Task { try await store.commit(batch) }
                var seen = 0
                while seen == 0 {
                    seen = try await store.events(record.id, after: 0, limit: 10_000, bytes: 1 << 30).count
                    try expect(seen == 0 || seen == 3000, "\(seen) of 3000 events are seen")
                }
                try expectEqual(try await store.task(record.id, owner: record.owner)?.record, changed, "the record")
                try await commit.value
            },
            Check("The usage of an owner is what its tasks have written, less what was deleted") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                var (first, second) = (fixture.ended(at: 1), fixture.ended(at: 2))
                let stranger = fixture.record(owner: fixture.stranger())
                (first.logBytes, second.logBytes) = (100, 10)
                try await store.commit(CommitBatch(creating: [first, second, stranger]))
                (first.logBytes, second.logBytes) = (150, 10)
                try await store.commit(CommitBatch(records: [first, second]))
                try expectEqual(try await store.logUsage()[fixture.owner], 160, "two tasks")
                try expectEqual(try await store.logUsage()[stranger.owner], 0, "a task that has written nothing")
                try expectEqual(try await store.task(first.id, owner: first.owner)?.record, first, "the record")
                _ = try await store.prune(endedBefore: Fixture.now.adding(seconds: 1.5), limit: 9)
                try expectEqual(try await store.logUsage()[fixture.owner], 10, "the task that is left")
                _ = try await store.delete(
                    ConversationDelete(owner: fixture.owner, conversation: second.conversation))
                try expectEqual(try await store.logUsage()[fixture.owner], 0, "no task")
            },
            Check("Many commits under way each take effect") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let records = (0..<50).map { _ in fixture.record() }
                try await withThrowingTaskGroup { group in
                    for record in records { group.addTask { try await store.commit(CommitBatch(creating: [record])) } }
                    try await group.waitForAll()
                }
                let living = try await store.alive([records[0].partition])
                try expectEqual(living[0].records, records, "the tasks, in the order of their ordinals")
            },
            Check("A cancelled caller does not undo its commit, and its read is refused or answered") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let record = fixture.record()
                let commit = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    try await store.commit(CommitBatch(creating: [record]))
                }
                try await commit.value
                let read = Task {
                    withUnsafeCurrentTask { $0?.cancel() }
                    return try await store.task(record.id, owner: record.owner)?.record
                }
                switch await read.result {
                case .success(let found): try expectEqual(found, record, "what a cancelled read found")
                case .failure(let error):
                    try expectEqual(
                        (error as? TaskStoreError)?.kind, .cancelled, "why a cancelled read failed: \(error)")
                }
                try expectEqual(try await store.task(record.id, owner: record.owner)?.record, record, "the task")
            },
            Check("After a close everything is refused; after the next opening everything is there") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let record = fixture.record()
                async let last: Void = store.commit(CommitBatch(creating: [record]))
                try await last
                await store.close()
                await store.close()
                try await expectRefusal(.closed, "a commit") { try await store.commit(CommitBatch(renews: true)) }
                try await expectRefusal(.closed, "a read") { try await store.task(record.id, owner: record.owner) }
                try await expectRefusal(.closed, "a change") {
                    try await store.setDefaults(DefaultsSet(owner: record.owner, set: Choices(priority: .high)))
                }
                let next = try await storage.open()
                let found = try await next.task(record.id, owner: record.owner)
                try expectEqual(found?.record, record, "the record")
                try expectEqual(found?.prompt, "prompt", "the prompt")
            },
        ]
    }
#endif

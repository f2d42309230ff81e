// A release build has no @testable import.
#if DEBUG
    import Messages

    @testable import Dispatcher

    extension TaskStoreConformance {
        static let eventChecks: [Check] = [
            Check("Events come back in the order of their seq, byte for byte") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let record = fixture.record()
                var events: [Event] = []
                for seq in UInt64(1)...20 {
                    events.append(
                        Event(
                            task: record.id, attempt: UInt32.max, attemptSeq: UInt64.max - seq, seq: seq,
                            kind: EventKind(code: UInt8(truncatingIfNeeded: 255 - seq)),
                            flags: EventFlags(rawValue: UInt16.max), time: Timestamp(milliseconds: -1),
                            payload: seq == 1 ? [] : (0...255).map { UInt8($0) }))
                }
                var batch = CommitBatch(creating: [record])
                batch.events = Array(events[..<10])
                try await store.commit(batch)
                try await store.commit(CommitBatch(events: Array(events[10...])))
                let read = try await store.events(record.id, after: 0, limit: 100, bytes: 1 << 20)
                try expectEqual(read, events, "the events of a task")
            },
            Check("A page of events ends at its rows, at its bytes and at the end") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let record = fixture.record()
                var batch = CommitBatch(creating: [record])
                batch.events = fixture.events(of: record.id, 10)
                try await store.commit(batch)
                let size = batch.events[0].encodedSize
                func page(after: UInt64, limit: Int = 100, bytes: Int = 1 << 20) async throws -> [UInt64] {
                    try await store.events(record.id, after: after, limit: limit, bytes: bytes).map(\.seq)
                }
                try expectEqual(try await page(after: 0, limit: 3), [1, 2, 3], "three rows")
                try expectEqual(try await page(after: 3, bytes: 2 * size), [4, 5], "room for exactly two")
                try expectEqual(try await page(after: 3, bytes: 3 * size - 1), [4, 5], "room for not quite three")
                try expectEqual(try await page(after: 3, bytes: 1), [4], "one that is too large alone")
                try expectEqual(try await page(after: 8), [9, 10], "the rest")
                try expectEqual(try await page(after: 10), [], "beyond the end")
                try expectEqual(try await page(after: UInt64.max), [], "beyond every seq")
                try expectEqual(
                    try await store.events(fixture.id(), after: 0, limit: 9, bytes: 99).count, 0, "another task")
            },
            Check("An event whose seq is taken refuses its whole batch") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                var record = fixture.record()
                var batch = CommitBatch(creating: [record])
                batch.events = fixture.events(of: record.id, 2)
                try await store.commit(batch)
                let other = fixture.record()
                var repeated = CommitBatch(creating: [other])
                record.state = .running
                repeated.records.append(record)
                repeated.events = fixture.events(of: record.id, 3).reversed()
                try await expectRefusal(.rejected, "a seq that is taken") { [repeated] in
                    try await store.commit(repeated)
                }
                let events = try await store.events(record.id, after: 0, limit: 9, bytes: 9999)
                try expectEqual(events.map(\.seq), [1, 2], "the events of before")
                try expectEqual(
                    try await store.task(record.id, owner: record.owner)?.record.state, .queued, "the state")
                try expect(try await store.task(other.id, owner: other.owner) == nil, "the new task is there")
            },
        ]
    }
#endif

// A release build has no @testable import.
#if DEBUG
    import Messages

    @testable import Dispatcher

    extension TaskStoreConformance {
        static let historyChecks: [Check] = [
            Check("A task follows the newest earlier one whose agent ran") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let first = fixture.ended()
                let second = fixture.ended(conversation: first.conversation)
                var cancelled = fixture.record(conversation: first.conversation)
                cancelled.state = .cancelled
                cancelled.endedAt = Fixture.now
                let third = fixture.record(conversation: first.conversation)
                let other = fixture.ended()
                try await store.commit(CommitBatch(creating: [first, second, cancelled, third, other], prompt: "p"))
                let assignment = try await store.assignment(third)
                try expectEqual(assignment.follows, second.id, "the third turn")
                try expectEqual(assignment.prompt, "p", "its prompt")
                try expectEqual(try await store.assignment(second).follows, first.id, "the second turn")
                try expectEqual(try await store.assignment(first).follows, nil, "the first turn")
            },
            Check("A history has prompts and the answers of the newest attempt that has any, after a given turn") {
                storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let first = fixture.ended()
                let second = fixture.ended(conversation: first.conversation)
                let third = fixture.record(conversation: first.conversation)
                var batch = CommitBatch(creating: [first, second, third], prompt: "p")
                batch.events = [
                    fixture.answer("dropped", of: first.id, seq: 1),
                    fixture.answer("one ", of: first.id, seq: 2, attempt: 2),
                    fixture.answer("two", of: first.id, seq: 3, attempt: 2),
                    Event(task: first.id, attempt: 3, attemptSeq: 1, seq: 4, kind: .state, payload: Array("{}".utf8)),
                ]
                try await store.commit(batch)
                let items = [
                    HistoryItem(task: first.id, prompt: "p", answer: "one two", state: .completed),
                    HistoryItem(task: second.id, prompt: "p", answer: "", state: .completed),
                ]
                let whole = try await store.history(before: third, after: nil)
                try expectEqual(whole, History(items: items), "the whole history")
                let rest = try await store.history(before: third, after: first.id)
                try expectEqual(rest, History(items: [items[1]]), "after the first turn")
                let unknown = try await store.history(before: third, after: fixture.id())
                try expectEqual(unknown, whole, "after a turn that is gone")
                try expectEqual(try await store.history(before: first, after: nil), History(), "before the first turn")
            },
            Check("A history is bounded in bytes: the newest turns are whole, and the newest alone is cut") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let conversation: ConversationID = fixture.id()
                let records = (0..<3).map { _ in fixture.ended(conversation: conversation) }
                let last = fixture.record(conversation: conversation)
                var batch = CommitBatch(creating: records + [last], prompt: "p")
                let half = String(repeating: "x", count: Limits.history / 2)
                for record in records { batch.events.append(fixture.answer(half, of: record.id, seq: 1)) }
                try await store.commit(batch)
                let history = try await store.history(before: last, after: nil)
                try expectEqual(history.items.map(\.task), [records[2].id], "the turns that fit")
                try expectEqual(history.leftOut, 2, "the turns that are left out")
                try expect(history.items.first?.answer == half && history.items.first?.cut == false, "a whole turn")
                var long = CommitBatch()
                for seq in UInt64(2)...4 { long.events.append(fixture.answer(half, of: records[2].id, seq: seq)) }
                try await store.commit(long)
                let cut = try await store.history(before: last, after: nil)
                let size = cut.items.map { $0.prompt.utf8.count + $0.answer.utf8.count }.reduce(0, +)
                try expect(
                    cut.items.count == 1 && cut.items[0].cut && size == Limits.history, "a cut turn of \(size) bytes")
            },
        ]
    }
#endif

// A release build has no @testable import.
#if DEBUG
    import Messages

    @testable import Dispatcher

    extension TaskStoreConformance {
        private static func submit(
            _ owner: UserID, task: TaskID = .generate(), conversation: ConversationID? = nil, key: String? = nil
        ) -> TaskSubmit {
            TaskSubmit(
                task: task, owner: owner, prompt: "p", target: .cloud, agent: "shell", conversation: conversation,
                idempotencyKey: key, digest: "d")
        }

        static let submissionChecks: [Check] = [
            Check("A submission is held against its task id, its conversation, its key and its owner's defaults") {
                storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let record = fixture.record()
                let stranger = fixture.stranger()
                try await store.commit(CommitBatch(creating: [record], key: "key", digest: "digest"))
                _ = try await store.setDefaults(DefaultsSet(owner: stranger, set: Choices(priority: .high)))
                let nothing = try await store.prior(to: submit(fixture.owner, key: "other"), now: Fixture.now)
                try expect(
                    nothing.taskOwner == nil && nothing.keyed == nil && nothing.conversationOwner == nil
                        && nothing.defaults == Choices(), "something is known of a new submission")
                let copy = submit(stranger, task: record.id, conversation: record.conversation, key: "key")
                let prior = try await store.prior(to: copy, now: Fixture.now)
                try expectEqual(prior.taskOwner, record.owner, "the task's owner")
                try expectEqual(prior.conversationOwner, record.owner, "the conversation's owner")
                try expect(prior.keyed == nil, "a key is its owner's own")
                try expectEqual(prior.defaults, Choices(priority: .high), "the defaults")
                let keyed = try await store.prior(to: submit(fixture.owner, key: "key"), now: Fixture.now).keyed
                try expectEqual(keyed?.task, record.id, "the key's task")
                try expectEqual(keyed?.digest, "digest", "the key's digest")
            },
            Check("A key is free after 24 h, after its task's deletion, and after the sweep of old keys") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let owner = fixture.owner
                let task = { (key: String, hours: Double) async throws -> TaskID? in
                    let now = Fixture.now.adding(seconds: hours * 3600)
                    return try await store.prior(to: submit(owner, key: key), now: now).keyed?.task
                }
                let (first, second) = (fixture.record(), fixture.record(at: 25 * 3600))
                let deleted = fixture.ended()
                try await store.commit(CommitBatch(creating: [first], key: "a"))
                try await store.commit(CommitBatch(creating: [deleted], key: "b"))
                try expectEqual(try await task("a", 23.9), first.id, "within the day")
                try expectEqual(try await task("a", 24.1), nil, "after the day")
                try await store.commit(CommitBatch(creating: [second], key: "a"))
                try expectEqual(try await task("a", 26), second.id, "used again")
                try expectEqual(try await task("b", 0), deleted.id, "before the deletion")
                _ = try await store.delete(ConversationDelete(owner: owner, conversation: deleted.conversation))
                try expectEqual(try await task("b", 0), nil, "after the deletion")
                try await expectSwept(store, before: Fixture.now.adding(seconds: 25 * 3600))
                try expectEqual(try await task("a", 26), second.id, "a key of the sweep's own time stays")
                try await expectSwept(store, before: Fixture.now.adding(seconds: 25 * 3600 + 1))
                try expectEqual(try await task("a", 26), nil, "after the sweep")
            },
            Check("Defaults are set field by field, cleared by name, and each owner's own") { storage in
                let store = try await storage.open()
                let (owner, stranger) = (UserID.generate(), UserID.generate())
                func set(_ choices: Choices, clear: [String] = []) async throws -> Choices {
                    try await store.setDefaults(DefaultsSet(owner: owner, set: choices, clear: clear))
                }
                try expectEqual(try await store.defaults(of: owner), Choices(), "nothing is set")
                _ = try await set(Choices(priority: .high, graceS: 1.5))
                let both = try await set(Choices(timeoutS: 9), clear: ["grace_s"])
                try expectEqual(both, Choices(priority: .high, timeoutS: 9), "what is set")
                try expectEqual(try await store.defaults(of: owner), both, "what is read")
                try expectEqual(try await store.defaults(of: stranger), Choices(), "a stranger's")
                try expectEqual(
                    try await set(Choices(), clear: ["priority", "timeout_s"]), Choices(), "all is cleared")
            },
        ]
    }

    /// Sweeps expired keys one at a time, to the end.
    private func expectSwept(_ store: any TaskStore, before time: Timestamp) async throws {
        var steps = 0
        while try await store.sweepKeys(before: time, rows: 1) {
            steps += 1
            try expect(steps < 20, "the steps do not end")
        }
    }
#endif

// A release build has no @testable import.
#if DEBUG
    import Messages

    @testable import Dispatcher

    /// A history of random operations on a store, compared with ``StoreModel`` again and again. The same seed makes the same
    /// history.
    struct RandomHistory {
        private let storage: TaskStoreConformance.Storage
        private var store: any TaskStore
        private var model = StoreModel()
        private var random: SeededNumbers
        private var fixture: Fixture
        private let owners: [UserID]
        private var seconds = 0.0

        /// Runs one history.
        static func run(
            seed: UInt64, steps: Int = 150, _ storage: TaskStoreConformance.Storage
        ) async throws {
            var history = RandomHistory(seed: seed, storage, try await storage.open())
            for step in 0..<steps {
                do {
                    try await history.step()
                    if step % 15 == 14 { try await history.compare() }
                } catch {
                    throw TaskStoreConformance.Failure(description: "seed \(seed), step \(step): \(error)")
                }
            }
            while try await history.store.sweepDeletions(rows: 100, bytes: 1 << 20) {}
            try await history.compare()
            for task in history.model.deleted {
                let events = try await history.store.events(task, after: 0, limit: 1, bytes: 1)
                try expect(events.isEmpty, "seed \(seed): events of a deleted task are left")
            }
        }

        private init(seed: UInt64, _ storage: TaskStoreConformance.Storage, _ store: any TaskStore) {
            self.storage = storage
            self.store = store
            var random = SeededNumbers(seed: seed)
            owners = (0..<3).map { _ in UserID(high: random.next(), low: random.next()) }
            fixture = Fixture(owner: owners[0])
            self.random = random
        }

        private mutating func step() async throws {
            seconds += 1
            switch Int.random(in: 0..<20, using: &random) {
            case 0..<6: try await create()
            case 6..<13: try await change()
            case 13: try await refuse()
            case 14: try await rename()
            case 15: try await delete()
            case 16: try await prune()
            case 17: try await setDefaults()
            case 18: _ = try await store.sweepDeletions(rows: Int.random(in: 1...9, using: &random), bytes: 1000)
            default: store = try await storage.open()
            }
        }

        private mutating func create() async throws {
            var records: [TaskRecord] = []
            for _ in 0..<Int.random(in: 1...3, using: &random) {
                let owner = owners.randomElement(using: &random) ?? fixture.owner
                let known = model.conversations.filter { $0.value.owner == owner }.keys.sorted()
                let goesOn = Bool.random(using: &random)
                records.append(
                    fixture.record(
                        owner: owner, conversation: goesOn ? known.randomElement(using: &random) : nil,
                        excerpt: "excerpt \(random.next() % 5)", at: seconds))
            }
            let prompt = String(repeating: "word ", count: Int.random(in: 0...50, using: &random))
            try await commit(CommitBatch(creating: records, prompt: prompt))
        }

        /// Living tasks get a little further: attempts, events, permission requests, and some end.
        private mutating func change() async throws {
            var batch = CommitBatch(renews: Bool.random(using: &random))
            let living = model.tasks.values.filter { !$0.record.state.isTerminal }
                .sorted { $0.record.id < $1.record.id }
            for var entry in living.shuffled(using: &random).prefix(3) {
                change(&entry, &batch)
                batch.records.append(entry.record)
            }
            guard !batch.isEmpty else { return }
            try await commit(batch)
        }

        private mutating func change(_ entry: inout StoreModel.Entry, _ batch: inout CommitBatch) {
            let now = Fixture.now.adding(seconds: seconds)
            if entry.record.state == .queued {
                entry.record.state = .running
                entry.record.attempt += 1
                entry.record.attemptSeq = 0
                entry.record.assignedAt = now
                entry.record.startedAt = now
                return
            }
            for _ in 0..<Int.random(in: 0...4, using: &random) {
                entry.record.attemptSeq += 1
                entry.record.lastSeq += 1
                batch.events.append(
                    Event(
                        task: entry.record.id, attempt: entry.record.attempt, attemptSeq: entry.record.attemptSeq,
                        seq: entry.record.lastSeq, kind: .agentMessageChunk, time: now,
                        payload: (0..<Int.random(in: 0...300, using: &random)).map { UInt8(truncatingIfNeeded: $0) }))
            }
            if random.next() % 3 == 0 {
                batch.approvals.append(fixture.approval(of: entry.record, "r\(entry.approvals.count)"))
            }
            switch random.next() % 4 {
            case 0:
                entry.record.state = .completed
                entry.record.endedAt = now
            case 1: entry.record.state = .queued
            default: break
            }
        }

        /// A batch with an error in it changes nothing.
        private mutating func refuse() async throws {
            let entries = model.tasks.values.filter { !$0.events.isEmpty }.sorted { $0.record.id < $1.record.id }
            guard let entry = entries.randomElement(using: &random) else { return }
            // Its ordinal is that of no other task, and is free again afterwards.
            var batch = CommitBatch(creating: [fixture.record(ordinal: 1_000_000)])
            batch.events = [entry.events[0]]
            try await expectRefusal(.rejected, "an event that is there") { [store, batch] in
                try await store.commit(batch)
            }
        }

        private mutating func rename() async throws {
            guard let id = model.conversations.keys.sorted().randomElement(using: &random),
                let owner = model.conversations[id]?.owner
            else { return }
            let title = Bool.random(using: &random) ? "title \(random.next() % 9)" : nil
            model.rename(id, title)
            let view = try await store.rename(ConversationRename(owner: owner, conversation: id, title: title))
            try expectEqual(view, model.view(id), "a renamed conversation")
        }

        private mutating func delete() async throws {
            guard let id = model.conversations.keys.sorted().randomElement(using: &random),
                let owner = model.conversations[id]?.owner
            else { return }
            let records = model.tasks(in: id)
            let living = Set(records.filter { !$0.state.isTerminal }.map(\.id))
            switch try await store.delete(ConversationDelete(owner: owner, conversation: id)) {
            case .alive(let task): try expect(living.contains(task), "a task is said to live that does not")
            case .deleted(let tasks):
                try expectEqual(Set(tasks), Set(records.map(\.id)), "the tasks of a deleted conversation")
                try expect(living.isEmpty, "a conversation with a living task was deleted")
                model.delete(id)
            case .notFound: throw TaskStoreConformance.Failure(description: "a conversation was not found")
            }
        }

        private mutating func prune() async throws {
            let time = Fixture.now.adding(seconds: seconds - 20)
            let limit = Int.random(in: 1...3, using: &random)
            // Tasks that ended in the same step have no order among them.
            let ends = model.tasks.values.compactMap(\.record.endedAt).filter { $0 < time }
            guard Set(ends.map(\.milliseconds)).count == ends.count else { return }
            let pruned = try await store.prune(endedBefore: time, limit: limit)
            try expectEqual(pruned, model.prune(before: time, limit: limit), "pruned tasks")
        }

        private mutating func setDefaults() async throws {
            let owner = owners.randomElement(using: &random) ?? fixture.owner
            let choices = Choices(
                priority: Bool.random(using: &random) ? .high : nil, graceS: Bool.random(using: &random) ? 5 : nil)
            model.setDefaults(choices, of: owner)
            let stored = try await store.setDefaults(DefaultsSet(owner: owner, set: choices))
            try expectEqual(stored, model.defaults[owner], "defaults")
        }

        private mutating func commit(_ batch: CommitBatch) async throws {
            try await store.commit(batch)
            model.apply(batch)
        }
    }

    extension RandomHistory {
        /// Compares everything that can be read.
        private func compare() async throws {
            for entry in model.tasks.values {
                let found = try await store.task(entry.record.id, owner: entry.record.owner)
                try expectEqual(found?.record, entry.record, "a record")
                try expectEqual(found?.prompt, entry.prompt, "a prompt")
                let events = try await store.events(entry.record.id, after: 0, limit: 10_000, bytes: 1 << 24)
                try expectEqual(events, entry.events, "events")
                for approval in entry.approvals.values {
                    let found = try await store.approval(approval.id, owner: approval.owner)
                    try expectEqual(found, approval, "a permission request")
                }
            }
            for owner in owners { try await compare(owner) }
            for part in try await store.alive(Partition.all) {
                try expectEqual(part.records, model.living(in: part.partition), "living tasks")
                try expectEqual(part.lastOrdinal, model.lastOrdinal(in: part.partition), "the last ordinal")
            }
            for task in model.deleted {
                for owner in owners { try expect(try await store.task(task, owner: owner) == nil, "a deleted task") }
            }
        }

        private func compare(_ owner: UserID) async throws {
            let list = try await store.list(TaskList(owner: owner, limit: 200))
            let records = model.tasks.values.map(\.record).filter { $0.owner == owner }.sorted { $0.id > $1.id }
            try expectEqual(list.records, Array(records.prefix(200)), "the list of tasks")
            try expectEqual(list.total, records.count, "the number of tasks")
            let conversations = try await store.conversations(ConversationList(owner: owner, limit: 200)).conversations
            let known = model.conversations.filter { $0.value.owner == owner }.keys.compactMap { model.view($0) }
                .sorted { ($0.updatedAt.milliseconds, $0.id) > ($1.updatedAt.milliseconds, $1.id) }
            try expectEqual(conversations, known, "the conversations")
            let approvals = try await store.approvals(ApprovalList(owner: owner, limit: 200)).approvals.map(\.id)
            let open = model.tasks.values.filter { $0.record.owner == owner }.flatMap(\.approvals.values).map(\.id)
            try expectEqual(approvals, Array(open.sorted(by: >).prefix(200)), "the permission requests")
            try expectEqual(try await store.defaults(of: owner), model.defaults[owner] ?? Choices(), "the defaults")
        }
    }

    /// Random numbers that a seed decides (SplitMix64).
    struct SeededNumbers: RandomNumberGenerator {
        private var state: UInt64

        init(seed: UInt64) { state = seed }

        mutating func next() -> UInt64 {
            state &+= 0x9e37_79b9_7f4a_7c15
            var value = state
            value = (value ^ (value >> 30)) &* 0xbf58_476d_1ce4_e5b9
            value = (value ^ (value >> 27)) &* 0x94d0_49bb_1331_11eb
            return value ^ (value >> 31)
        }
    }
#endif

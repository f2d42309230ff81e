// A release build has no @testable import.
#if DEBUG
    import Messages

    @testable import Dispatcher

    extension TaskStoreConformance {
        static let taskChecks: [Check] = [
            Check("A record comes back as it was written, new and changed") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let plain = fixture.record()
                var full = TaskRecord(
                    ordinal: 2, id: fixture.id(), owner: fixture.owner, target: .cloud,
                    placement: TaskPlacement(queue: .cloud(owner: fixture.owner), reason: .requested),
                    conversation: fixture.id(), agent: "agent", excerpt: "zwölf\n\u{1F600}", cwd: "/a b",
                    terminal: TerminalSize(columns: 80, rows: 24), splitOutput: true, trace: "00ff",
                    createdAt: Fixture.now, choices: Choices(priority: .high, timeoutS: 1.5), retryOf: plain.id,
                    rank: -7,
                    queuedAt: Fixture.now)
                try await store.commit(CommitBatch(creating: [plain, full]))
                for record in [plain, full] {
                    try expectEqual(
                        try await store.task(record.id, owner: record.owner)?.record, record, "a new record")
                }
                full.deviceName = "Box"
                full.state = .failed
                full.reason = .deviceBusy
                full.queuePosition = 3
                full.error = Fault(.storageFailed, "because")
                full.attempt = UInt32.max
                full.attemptSeq = UInt64.max
                full.lastSeq = UInt64(Int64.max) + 1
                full.assignedAt = Timestamp(milliseconds: 1)
                full.startedAt = Timestamp(milliseconds: 2)
                full.endedAt = Timestamp(milliseconds: 3)
                full.cancelRequestedAt = Timestamp(milliseconds: 4)
                full.stalledAt = Timestamp(milliseconds: 5)
                full.queuedAt = Timestamp(milliseconds: 6)
                full.requeues = 5
                full.overdue = .timeout
                full.isHalfTimeWarned = true
                full.waiting = Waiting(
                    since: Timestamp(milliseconds: 7), until: Timestamp(milliseconds: 8), what: "a \"build\"\n\u{1F600}"
                )
                full.resumes = true
                full.messages = [TakenMessage(fixture.id(), text: "faster"), TakenMessage(fixture.id(), text: "")]
                full.open.take(fixture.call("toolu_\"1\"", of: full.id))
                full.placement = TaskPlacement(
                    queue: .device(owner: fixture.owner, id: "box"), reason: TaskPlacement.Reason(rawValue: "moved"))
                try await store.commit(CommitBatch(records: [full]))
                try expectEqual(try await store.task(full.id, owner: full.owner)?.record, full, "a changed record")
            },
            Check("A living task comes back with what it waits for, and with its open plan") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                var running = fixture.record()
                var queued = fixture.record()
                try await store.commit(CommitBatch(creating: [running, queued]))
                running.state = .running
                running.waiting = Waiting(since: Fixture.now, what: "make")
                running.waitingFor = .background
                queued.waiting = Waiting(since: Fixture.now, until: Fixture.now.adding(seconds: 60))
                queued.waitingFor = .limit
                let plan = fixture.plan(of: running.id, seq: 1)
                running.lastSeq = 1
                running.open.take(plan)
                try expect(running.open.plan == 1, "the plan is not open")
                var batch = CommitBatch(records: [running, queued])
                batch.events = [plan]
                try await store.commit(batch)
                let living = try await store.alive([running.partition])
                try expectEqual(living.flatMap(\.records), [running, queued], "living tasks")
                try expectEqual(living.first?.plans ?? [:], [running.id: plan.payload], "plans")
                running.open = OpenWork()
                running.waiting = nil
                running.waitingFor = nil
                queued.waiting = nil
                queued.waitingFor = nil
                try await store.commit(CommitBatch(records: [running, queued]))
                let later = try await store.alive([running.partition])
                try expectEqual(later.flatMap(\.records), [running, queued], "living tasks that wait for nothing")
                try expect(later.first?.plans.isEmpty == true, "a closed plan is still open")
            },
            Check("A prompt comes back whole: empty, of 1 MiB, with U+0000 and beyond U+FFFF") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let long = String(repeating: "0123456789abcde\n", count: 1 << 16)
                for prompt in ["", long, "before\0after\0", "\0", "e\u{301} \u{1F469}\u{200D}\u{1F680}"] {
                    let record = fixture.record()
                    try await store.commit(CommitBatch(creating: [record], prompt: prompt))
                    let found = try await store.task(record.id, owner: record.owner)
                    try expect(found?.prompt == prompt, "a prompt of \(prompt.utf8.count) bytes has changed")
                    let assigned = try await store.assignment(record).prompt
                    try expect(assigned == prompt, "an assigned prompt of \(prompt.utf8.count) bytes has changed")
                }
            },
            Check("A task id is taken once, and its owner alone sees it") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let record = fixture.record()
                let stranger = fixture.stranger()
                try await store.commit(CommitBatch(creating: [record], prompt: "first"))
                var copy = CommitBatch(creating: [record], prompt: "second")
                copy.events = fixture.events(of: record.id, 1)
                try await expectRefusal(.rejected, "a second task of the same id") { [copy] in
                    try await store.commit(copy)
                }
                try expectEqual(try await store.task(record.id, owner: record.owner)?.prompt, "first", "the prompt")
                try expect(
                    try await store.events(record.id, after: 0, limit: 9, bytes: 999).isEmpty, "an event of the copy")
                try expect(try await store.task(record.id, owner: stranger) == nil, "a stranger sees the task")
                try expectEqual(
                    try await store.list(TaskList(owner: stranger, limit: 9)).total, 0, "what a stranger lists")
            },
            Check("A list has the newest first, in pages without a gap, by state, device and conversation") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                var records = (0..<7).map { _ in fixture.record() }
                let ended = fixture.ended(conversation: records[3].conversation)
                records.append(ended)
                try await store.commit(CommitBatch(creating: records))
                var seen: [TaskID] = []
                var before: TaskID?
                repeat {
                    let page = try await store.list(TaskList(owner: fixture.owner, limit: 3, before: before))
                    try expect(
                        page.records.count <= 3 && page.total == 8, "a page of \(page.records.count)/\(page.total)")
                    seen += page.records.map(\.id)
                    before = page.next
                } while before != nil
                try expectEqual(seen, records.map(\.id).reversed(), "all pages")
                let states = try await store.list(TaskList(owner: fixture.owner, limit: 9, states: [.completed]))
                try expectEqual(states.records, [ended], "the ended ones")
                let other = try await store.list(TaskList(owner: fixture.owner, limit: 9, device: "other"))
                try expectEqual(other.total, 0, "those of another device")
                let one = try await store.list(
                    TaskList(owner: fixture.owner, limit: 9, conversation: ended.conversation))
                try expectEqual(one.records, [ended, records[3]], "those of a conversation")
                try expectEqual(
                    try await store.list(TaskList(owner: fixture.owner, limit: 0)).records.count, 1, "at least one")
            },
            Check("Partitions are read apart: their living tasks in order, and their last ordinals") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let stranger = fixture.stranger()
                let mine = [fixture.record(), fixture.record()]
                let ended = fixture.ended()
                let theirs = fixture.record(owner: stranger)
                try await store.commit(CommitBatch(creating: [ended, theirs] + mine.reversed()))
                let (first, second) = (Partition(owner: fixture.owner), Partition(owner: stranger))
                let living = try await store.alive([second, first])
                try expectEqual(living.map(\.partition), [second, first], "the partitions")
                try expectEqual(living[0].records, [theirs], "the stranger's tasks")
                try expectEqual(living[1].records, mine, "the owner's tasks")
                try expectEqual(living.map(\.lastOrdinal), [1, 3], "the last ordinals")
                try expect(living.allSatisfy { $0.epoch == store.epoch }, "the epochs")
                let all = try await store.alive(Partition.all)
                try expectEqual(all.map(\.records.count).reduce(0, +), 3, "all living tasks")
                try expectEqual(all.map(\.lastOrdinal).reduce(0, +), 4, "the last ordinals of the others are 0")
            },
            Check("An ordinal is given once in a partition, and in each partition") { storage in
                let store = try await storage.open()
                var fixture = Fixture()
                let record = fixture.record()
                try await store.commit(CommitBatch(creating: [record, fixture.record(owner: fixture.stranger())]))
                let other = fixture.record(ordinal: record.ordinal)
                try await expectRefusal(.rejected, "an ordinal that is taken") {
                    try await store.commit(CommitBatch(creating: [other]))
                }
            },
        ]
    }
#endif

// A release build has no @testable import.
#if DEBUG
    import Messages

    @testable import Dispatcher

    /// Values for the checks, each with ids in ascending order.
    struct Fixture {
        static let now = Timestamp(milliseconds: 1_780_000_000_000)
        let owner: UserID
        private var numbers: [Partition: Int64] = [:]
        private var lastID: UInt64 = 0

        init(owner: UserID = .generate()) { self.owner = owner }

        /// Another owner in another partition.
        func stranger() -> UserID {
            while true {
                let other = UserID.generate()
                if Partition(owner: other) != Partition(owner: owner) { return other }
            }
        }

        /// The next id of any kind.
        mutating func id<Kind>(_ kind: Identifier<Kind>.Type = Identifier<Kind>.self) -> Identifier<Kind> {
            lastID += 1
            return Identifier(high: 0x0190_0000_0000_7000, low: 0x8000_0000_0000_0000 | lastID)
        }

        /// A queued task; without an `ordinal` it gets the next one of its partition.
        mutating func record(
            ordinal: Int64? = nil, owner other: UserID? = nil, conversation: ConversationID? = nil,
            excerpt: String = "excerpt", at seconds: Double = 0
        ) -> TaskRecord {
            let owner = other ?? owner
            let partition = Partition(owner: owner)
            if ordinal == nil { numbers[partition, default: 0] += 1 }
            let time = Self.now.adding(seconds: seconds)
            return TaskRecord(
                ordinal: ordinal ?? numbers[partition, default: 0], id: id(), owner: owner, target: .device("box"),
                placement: TaskPlacement(queue: .device(owner: owner, id: "box"), reason: .requested),
                conversation: conversation ?? id(), agent: "shell", excerpt: excerpt, cwd: nil, terminal: nil,
                splitOutput: false, trace: nil,
                createdAt: time,
                choices: Choices(priority: .normal), retryOf: nil, rank: time.milliseconds, queuedAt: time)
        }

        /// A task whose agent ran and which has ended.
        mutating func ended(
            owner other: UserID? = nil, conversation: ConversationID? = nil, excerpt: String = "excerpt",
            at seconds: Double = 0
        ) -> TaskRecord {
            var record = record(owner: other, conversation: conversation, excerpt: excerpt, at: seconds)
            record.state = .completed
            record.attempt = 1
            record.assignedAt = Self.now.adding(seconds: seconds)
            record.startedAt = record.assignedAt
            record.endedAt = record.assignedAt
            return record
        }

        /// A permission request of the task's newest attempt.
        mutating func approval(
            of record: TaskRecord, _ request: String, input: JSONValue = ["command": "ls"]
        ) -> ApprovalRecord {
            ApprovalRecord(
                id: id(), owner: record.owner, attempt: record.attemptID, request: request,
                conversation: record.conversation, device: record.device, deviceName: "Box", tool: "Bash",
                title: "Run ls",
                input: input, rule: nil, requestedAt: Self.now, expiresAt: Self.now.adding(seconds: 600))
        }

        /// Events 1 to `count` of a task's first attempt.
        func events(of task: TaskID, _ count: Int, bytes: Int = 100) -> [Event] {
            (1...count).map { number in
                Event(
                    task: task, attempt: 1, attemptSeq: UInt64(number), seq: UInt64(number), kind: .agentMessageChunk,
                    time: Self.now, payload: Array(repeating: 0x20, count: bytes))
            }
        }

        /// The begin of a tool call.
        func call(_ id: String, of task: TaskID) -> Event {
            Event(
                task: task, attempt: 1, attemptSeq: 1, seq: 1, kind: .toolCall, time: Self.now,
                payload: ToolCallPayload(id: id, title: nil, kind: nil, status: "pending").bytes)
        }

        /// A plan with a step in progress.
        func plan(of task: TaskID, seq: UInt64) -> Event {
            let entries = [PlanPayload.Entry(content: "a \"step\"", priority: nil, status: "in_progress")]
            return Event(
                task: task, attempt: 1, attemptSeq: seq, seq: seq, kind: .plan, time: Self.now,
                payload: PlanPayload(entries: entries).bytes)
        }

        /// A piece of an agent's answer.
        func answer(_ text: String, of task: TaskID, seq: UInt64, attempt: UInt32 = 1) -> Event {
            Event(
                task: task, attempt: attempt, attemptSeq: seq, seq: seq, kind: .agentMessageChunk, time: Self.now,
                payload: TextPayload(.text(text)).bytes)
        }
    }

    extension CommitBatch {
        /// A batch that takes in new tasks.
        init(creating records: [TaskRecord], prompt: String = "prompt", key: String? = nil, digest: String = "") {
            self.init(records: records)
            for record in records {
                creations[record.id] = Creation(
                    prompt: prompt, key: key.map { IdempotencyKey(owner: record.owner, text: $0) }, digest: digest)
            }
        }
    }
#endif

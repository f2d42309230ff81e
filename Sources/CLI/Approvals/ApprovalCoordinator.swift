import Messages

/// Handles the permission requests of a task that is watched: asks the person about each, one at a time, or prints how to
/// answer where no keyboard is available. An answer from another client closes the question.
///
/// The task's stream only shows that there is a request. What it is about is read from the gateway, as a request of the
/// watched task: nothing that a device wrote into the stream may decide what a person allows.
actor ApprovalCoordinator {
    private enum Input: Sendable {
        case requested(ApprovalID)
        case resolved(ApprovalID)
        /// ``settlingTime`` has passed since the request.
        case settled(ApprovalID)
        /// The pending requests of the task, or why they could not be read.
        case read(Result<[ApprovalView], CommandError>)
        /// ``readingPause`` has passed since a read that failed.
        case readAgain
        case keys([UInt8], at: ContinuousClock.Instant)
        /// ``escapeTimeout`` has passed since this read of the keyboard.
        case paused(afterRead: Int)
        /// The process was stopped and runs again.
        case continued
        /// The gateway accepted the answer.
        case accepted(ApprovalID)
        /// The gateway refused the answer: the request is resolved or abandoned.
        case rejected(ApprovalID, reason: String)
        /// The editor has ended.
        case edited(ApprovalID, Result<JSONValue, CommandError>)
        /// The answer was not delivered.
        case failed(ApprovalID, reason: String)
    }
    private enum Effect: Sendable {
        case waitToSettle(ApprovalID)
        case read
        case waitToRead
        case waitForPause(afterRead: Int)
        case send(ApprovalView, ApprovalRequestBody)
        case edit(ApprovalView)
    }

    /// How long a request waits for its own resolution: a watch that starts late reads both at once.
    static let settlingTime: Duration = .milliseconds(200)
    /// The pause after a read of the requests that failed.
    static let readingPause: Duration = .seconds(1)
    /// Longest pause between the bytes of an escape sequence; after it, ESC is the Escape key.
    static let escapeTimeout: Duration = .milliseconds(100)
    /// Bound of the inputs in flight: more than the requests an attempt may have open (``Limits/openApprovals``) and keys.
    private static let maxInputs = 1024

    private let gateway: GatewayClient
    private let task: TaskID
    private let display: TaskDisplay?
    private let keyboard: (any KeySource)?
    private let inputs: AsyncStream<Input>
    private nonisolated let continuation: AsyncStream<Input>.Continuation
    private var pending = PendingApprovals()
    /// The question on the screen.
    private var question: ApprovalQuestion?
    /// Whether the last read of the requests failed.
    private var isUnreadable = false
    /// Whether the person's editor has the terminal.
    private var isEditing = false
    /// The number of reads from the keyboard so far.
    private var reads = 0

    /// - Parameters:
    ///   - display: nil = requests are printed on standard error.
    ///   - keyboard: nil = the person is not asked.
    init(gateway: GatewayClient, task: TaskID, display: TaskDisplay?, keyboard: (any KeySource)?) {
        self.gateway = gateway
        self.task = task
        self.display = display
        self.keyboard = keyboard
        (inputs, continuation) = AsyncStream.makeStream(
            of: Input.self, bufferingPolicy: .bufferingOldest(Self.maxInputs))
    }

    /// Takes an event of the task; ignores all kinds but permission requests and their resolutions.
    nonisolated func take(_ event: EventBody) {
        guard let approval = event.approval else { return }
        continuation.yield(approval.state == .pending ? .requested(approval.id) : .resolved(approval.id))
    }

    /// Asks and sends answers until it is cancelled.
    func run() async {
        defer { keyboard?.end() }
        await withDiscardingTaskGroup { group in
            for await input in inputs {
                guard let effect = await handle(input) else { continue }
                group.addTask { await self.perform(effect) }
            }
            group.cancelAll()
        }
    }

    private func handle(_ input: Input) async -> Effect? {
        switch input {
        case .requested(let id):
            if pending.add(id) { return .waitToSettle(id) }
        case .settled(let id):
            if pending.settle(id) { return readNext() }
        case .read(let result): return await take(result)
        case .readAgain: return readNext()
        case .resolved(let id), .accepted(let id): await close(id)
        case .rejected(let id, let reason):
            // Once the event of the resolution has arrived, the transcript shows the reason.
            if pending.contains(id) { await remark(reason) }
            await close(id)
        case .edited(let id, let result): return await edited(id, result)
        case .failed(let id, let reason):
            guard question?.approval.id == id else { return nil }
            await remark("the answer was not delivered: \(reason)")
            question?.reopen()
            await present()
        case .keys(let keys, let time): return await press(keys, at: time)
        case .paused(let read):
            guard read == reads else { return nil }
            question?.inputPaused()
            await updateStatus()
        case .continued:
            guard question != nil, question?.phase != .sending, !isEditing else { return nil }
            question?.reopen()
            await present(always: true)
        }
        return nil
    }

    private func readNext() -> Effect? { pending.beginReading() ? .read : nil }

    private func take(_ result: Result<[ApprovalView], CommandError>) async -> Effect? {
        switch result {
        case .success(let found):
            isUnreadable = false
            pending.endReading(found.filter { $0.task == task && $0.state == .pending })
            if question == nil { await askNext() }
            return readNext()
        case .failure(let error):
            pending.endReading(nil)
            if !isUnreadable { await remark("a permission request cannot be read, trying again: \(error)") }
            isUnreadable = true
            return .waitToRead
        }
    }

    private func press(_ keys: [UInt8], at time: ContinuousClock.Instant) async -> Effect? {
        reads += 1
        guard let presentation = question?.presentation else { return nil }
        let visible = await display?.timeVisible(presentation, until: time) ?? .zero
        let answer = question?.press(keys, visibleFor: visible)
        await updateStatus()
        if let answer, let approval = question?.approval { return .send(approval, answer) }
        if question?.phase == .editing, !isEditing, let approval = question?.approval {
            isEditing = true
            return .edit(approval)
        }
        return question?.isInsideSequence == true ? .waitForPause(afterRead: reads) : nil
    }

    /// Sends an edited input, or asks again and says why there is none.
    private func edited(_ id: ApprovalID, _ result: Result<JSONValue, CommandError>) async -> Effect? {
        isEditing = false
        guard let approval = question?.approval, approval.id == id else {
            await remark("the request was answered meanwhile; the edited input was not sent")
            await askNext()
            return nil
        }
        guard readKeys() else {
            question?.reopen()
            return nil
        }
        switch result {
        case .success(let input):
            guard let answer = question?.edited(input) else { return nil }
            await updateStatus()
            return .send(approval, answer)
        case .failure(let error):
            await remark(error.description)
            question?.reopen()
            await present(always: true)
            return nil
        }
    }

    private func edit(_ approval: ApprovalView) async {
        keyboard?.end()
        await display?.suspend()
        let result: Result<JSONValue, CommandError>
        do { result = .success(try await Editor.edit(InputDraft(approval))) } catch {
            result = .failure(error as? CommandError ?? CommandError("the input cannot be edited: \(error)"))
        }
        await display?.resume()
        continuation.yield(.edited(approval.id, result))
    }

    private func close(_ id: ApprovalID) async {
        pending.remove(id)
        guard question?.approval.id == id else { return }
        question = nil
        await askNext()
    }

    /// Asks about the oldest ready request. Without a keyboard, prints how to answer each ready request.
    private func askNext() async {
        if isEditing { return }
        while let approval = pending.next() {
            if await display?.isLive == true, readKeys() {
                question = ApprovalQuestion(approval)
                return await present()
            }
            await remark(ApprovalText.instructions(approval))
        }
        keyboard?.end()
        await updateStatus()
    }

    private func readKeys() -> Bool {
        keyboard?.begin { [continuation] in
            continuation.yield(.keys($0, at: .now))
        } continued: { [continuation] in
            continuation.yield(.continued)
        } ?? false
    }

    /// Shows the question below the request that it is about.
    /// - Parameter always: Print the request again even if it is the last thing printed, since the screen was cleared.
    private func present(always: Bool = false) async {
        await updateStatus()
        if let approval = question?.approval { await display?.repeatRequest(approval, always: always) }
    }

    private func updateStatus() async {
        await display?.update { [question] in $0.question = question }
    }

    private func remark(_ line: String) async {
        if let display { await display.remark(line) } else { Output.notice(line) }
    }

    private func perform(_ effect: Effect) async {
        switch effect {
        case .waitToSettle(let id):
            try? await Task.sleep(for: Self.settlingTime)
            continuation.yield(.settled(id))
        case .read:
            do {
                let found = try await gateway.approvals(state: "pending", of: task, limit: Limits.openApprovals)
                continuation.yield(.read(.success(found.items)))
            } catch { continuation.yield(.read(.failure(CommandError(Table.line("\(error)"))))) }
        case .waitToRead:
            try? await Task.sleep(for: Self.readingPause)
            continuation.yield(.readAgain)
        case .waitForPause(let read):
            try? await Task.sleep(for: Self.escapeTimeout)
            continuation.yield(.paused(afterRead: read))
        case .edit(let approval): await edit(approval)
        case .send(let approval, let answer):
            do {
                _ = try await gateway.answer(approval, answer)
                continuation.yield(.accepted(approval.id))
            } catch let error as GatewayError where [404, 409, 410].contains(error.status) {
                continuation.yield(.rejected(approval.id, reason: Table.line(error.description)))
            } catch {
                continuation.yield(.failed(approval.id, reason: Table.line("\(error)")))
            }
        }
    }
}

import Messages

/// Where the permission requests of a task that somebody watches come in: each is asked about at the terminal, or told
/// with how to answer it where nobody can be asked. Another client's answer takes the question away.
actor ApprovalDesk {
    private enum Word: Sendable {
        case requested(ApprovalView)
        case resolved(ApprovalID)
        /// It has not been resolved at once, as one in the past is.
        case due(ApprovalID)
        case keys([UInt8], at: ContinuousClock.Instant)
        /// Nothing followed so many chunks of keys.
        case quiet(Int)
        /// The process was stopped, and goes on.
        case continued
        case taken(ApprovalID)
        /// Somebody was first, or nobody waits any more.
        case late(ApprovalID, String)
        case failed(ApprovalID, String)
    }
    private enum Work: Sendable {
        case wait(ApprovalID)
        case listen(Int)
        case send(ApprovalView, ApprovalAsked)
    }

    /// How long a request waits for its own resolution: whoever begins to watch late reads both in one go.
    static let pause: Duration = .milliseconds(200)
    /// A terminal sends the bytes of an escape sequence closer together than this, a person's Escape stands alone.
    static let silence: Duration = .milliseconds(100)
    /// Words that wait; more than the requests that an attempt may have open (``Limits/openApprovals``), and keys.
    private static let words = 1024

    private let backend: Backend
    private let display: Display?
    private let keyboard: Keyboard?
    private let words: AsyncStream<Word>
    private nonisolated let mouth: AsyncStream<Word>.Continuation
    /// Not resolved, in the order of their requests.
    private var open: [ApprovalView] = []
    /// Those of ``open`` that may still be resolved at once, in the same order.
    private var young: [ApprovalID] = []
    /// Those of ``open`` that wait for their turn to be asked about, in the same order.
    private var due: [ApprovalID] = []
    private var prompt: ApprovalPrompt?
    /// Chunks of keys so far.
    private var chunks = 0

    /// - Parameters:
    ///   - display: Nil = requests are told on standard error.
    ///   - keyboard: Nil = nobody is asked.
    init(backend: Backend, display: Display?, keyboard: Keyboard?) {
        self.backend = backend
        self.display = display
        self.keyboard = keyboard
        (words, mouth) = AsyncStream.makeStream(of: Word.self, bufferingPolicy: .bufferingOldest(Self.words))
    }

    /// Takes in an event of the task, whatever it is about.
    nonisolated func take(_ event: TaskEvent) {
        guard
            event.kind == EventKind.permissionRequest.description
                || event.kind == EventKind.permissionResolved.description,
            let approval = try? Backend.decoder.decode(ApprovalView.self, from: event.data.bytes.data)
        else { return }
        mouth.yield(approval.state == .pending ? .requested(approval) : .resolved(approval.id))
    }

    /// Asks and answers until it is cancelled.
    func run() async {
        defer { keyboard?.end() }
        await withDiscardingTaskGroup { group in
            for await word in words {
                guard let work = await handle(word) else { continue }
                group.addTask { await self.carryOut(work) }
            }
            group.cancelAll()
        }
    }

    private func handle(_ word: Word) async -> Work? {
        switch word {
        case .requested(let approval):
            guard !open.contains(where: { $0.id == approval.id }) else { return nil }
            open.append(approval)
            young.append(approval.id)
            return .wait(approval.id)
        case .due(let id):
            // Those before it have waited longer; whose timer is told first is chance.
            guard let last = young.firstIndex(of: id) else { return nil }
            due += young[...last]
            young.removeSubrange(...last)
            if prompt == nil { await askNext() }
        case .resolved(let id), .taken(let id): await close(id)
        case .late(let id, let reason):
            // Else the event has told already.
            if open.contains(where: { $0.id == id }) { await remark(reason) }
            await close(id)
        case .failed(let id, let reason):
            guard prompt?.approval.id == id else { return nil }
            await remark("the answer did not get through: \(reason)")
            prompt?.again()
            await open()
        case .keys(let keys, let time): return await press(keys, at: time)
        case .quiet(let count):
            guard count == chunks else { return nil }
            prompt?.quiet()
            await show()
        case .continued:
            guard prompt != nil, prompt?.stage != .sending else { return nil }
            prompt?.again()
            await open(anyway: true)
        }
        return nil
    }

    private func press(_ keys: [UInt8], at time: ContinuousClock.Instant) async -> Work? {
        chunks += 1
        guard let opening = prompt?.opening else { return nil }
        let seen = await display?.seen(opening, until: time) ?? .zero
        let answer = prompt?.press(keys, seen: seen)
        await show()
        if let answer, let approval = prompt?.approval { return .send(approval, answer) }
        return prompt?.isUndecided == true ? .listen(chunks) : nil
    }

    private func close(_ id: ApprovalID) async {
        open.removeAll { $0.id == id }
        young.removeAll { $0 == id }
        due.removeAll { $0 == id }
        guard prompt?.approval.id == id else { return }
        prompt = nil
        await askNext()
    }

    /// Asks about the next one; tells all of them where nobody can be asked.
    private func askNext() async {
        while let id = due.first, let approval = open.first(where: { $0.id == id }) {
            due.removeFirst()
            if await display?.isLive == true, listen() {
                prompt = ApprovalPrompt(approval)
                return await open()
            }
            await remark(ApprovalText.howTo(approval))
        }
        keyboard?.end()
        await show()
    }

    private func listen() -> Bool {
        keyboard?.begin { [mouth] in
            mouth.yield(.keys($0, at: .now))
        } continued: { [mouth] in
            mouth.yield(.continued)
        } ?? false
    }

    /// Opens the question below the request that it is about.
    /// - Parameter anyway: Whatever is known to be above it is not what the person sees.
    private func open(anyway: Bool = false) async {
        await show()
        if let approval = prompt?.approval { await display?.showAgain(approval, anyway: anyway) }
    }

    private func show() async {
        await display?.update { [prompt] in $0.question = prompt }
    }

    private func remark(_ line: String) async {
        if let display { await display.remark(line) } else { Output.notice(line) }
    }

    private func carryOut(_ work: Work) async {
        switch work {
        case .wait(let id):
            try? await Task.sleep(for: Self.pause)
            mouth.yield(.due(id))
        case .listen(let count):
            try? await Task.sleep(for: Self.silence)
            mouth.yield(.quiet(count))
        case .send(let approval, let answer):
            do {
                _ = try await backend.answer(approval, answer)
                mouth.yield(.taken(approval.id))
            } catch let refusal as Refusal where [404, 409, 410].contains(refusal.status) {
                mouth.yield(.late(approval.id, Table.line(refusal.description)))
            } catch {
                mouth.yield(.failed(approval.id, Table.line("\(error)")))
            }
        }
    }
}

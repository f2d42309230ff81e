import Messages

/// Where the permission requests of a task that somebody watches come in: each is asked about at the terminal, or told
/// with how to answer it where nobody can be asked. Another client's answer takes the question away.
actor ApprovalDesk {
    private enum Word: Sendable {
        case requested(ApprovalView)
        case resolved(ApprovalID)
        /// It has not been resolved at once, as one in the past is.
        case due(ApprovalID)
        case keys([UInt8])
        case taken(ApprovalID)
        /// Somebody was first, or nobody waits any more.
        case late(ApprovalID, String)
        case failed(ApprovalID, String)
    }
    private enum Work: Sendable {
        case wait(ApprovalID)
        case send(ApprovalView, ApprovalAsked)
    }

    /// How long a request waits for its own resolution: whoever begins to watch late reads both in one go.
    static let pause: Duration = .milliseconds(200)
    /// Words that wait; more than the requests that an attempt may have open (``Limits/openApprovals``), and keys.
    private static let words = 1024

    private let backend: Backend
    private let display: Display?
    private let keyboard: Keyboard?
    private let words: AsyncStream<Word>
    private nonisolated let mouth: AsyncStream<Word>.Continuation
    /// Not resolved, in the order of their requests.
    private var open: [ApprovalView] = []
    /// Those of ``open`` that were told or wait for their turn to be asked about.
    private var due: [ApprovalID] = []
    private var prompt: ApprovalPrompt?

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
            return .wait(approval.id)
        case .due(let id):
            guard open.contains(where: { $0.id == id }) else { return nil }
            due.append(id)
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
            await show()
        case .keys(let keys):
            guard let answer = prompt?.press(keys), let approval = prompt?.approval else {
                await show()
                return nil
            }
            await show()
            return .send(approval, answer)
        }
        return nil
    }

    private func close(_ id: ApprovalID) async {
        open.removeAll { $0.id == id }
        due.removeAll { $0 == id }
        guard prompt?.approval.id == id else { return }
        prompt = nil
        await askNext()
    }

    /// Asks about the next one; tells all of them where nobody can be asked.
    private func askNext() async {
        while let id = due.first, let approval = open.first(where: { $0.id == id }) {
            due.removeFirst()
            if let keyboard, await display?.isLive == true, keyboard.begin({ [mouth] in mouth.yield(.keys($0)) }) {
                prompt = ApprovalPrompt(approval)
                return await show()
            }
            await remark(ApprovalText.howTo(approval))
        }
        keyboard?.end()
        await show()
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

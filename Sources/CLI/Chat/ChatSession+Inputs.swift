import Messages

/// What a chat does with its inputs: keys, lines, and the results of its requests.
extension ChatSession {
    /// Longest pause between the bytes of one key.
    private static let keyPause: Duration = .milliseconds(100)

    func handle(_ input: Input) async -> [ChatPlan.Action] {
        switch input {
        case .keys(let bytes, let time): return await press(bytes, at: time)
        case .continued:
            keys.continued()
            return []
        case .resumed:
            takeKeyboard()
            return []
        case .interrupt:
            // It is for the program that has the terminal.
            if await display.isSuspended { return [] }
            let actions = plan.interrupt(hasText: !editor.characters.isEmpty)
            wasInterrupted = actions.contains(.leave)
            return actions
        case .line(.success(let line)):
            wantsLine = true
            return plan.take(ChatInput(line))
        case .line(.failure(let error)):
            (wantsLine, hasFailed) = (true, true)
            return [.say("not sent: \(error)")]
        case .line(nil): return [.leave]
        case .accepted(let task): return plan.accepted(task)
        case .refused(let text, let reason): return plan.refused(text, reason)
        case .ended(let end):
            if let reason = end?.reason { await display.remark("failed: \(reason)") }
            if end?.state == .cancelled { await display.remark("cancelled") }
            return plan.ended(end)
        case .found(let device):
            requests -= 1
            deviceName = device.name
            return plan.found(device)
        case .foundAgent(let found):
            requests -= 1
            return plan.found(agent: found.name, found.remark)
        case .steered(let text, let error):
            requests -= 1
            return plan.steered(text, error)
        case .said(let lines):
            requests -= 1
            return lines.map { .say($0) }
        case .failed(let reason):
            (requests, hasFailed) = (requests - 1, true)
            return [.say(reason)]
        }
    }

    private func press(_ bytes: [UInt8], at time: ContinuousClock.Instant) async -> [ChatPlan.Action] {
        defer { lastRead = time }
        if keys.take(bytes, at: time) { return [] }
        plan.typed()
        var actions: [ChatPlan.Action] = []
        for key in decoder.decode(bytes, afterPause: time - lastRead > Self.keyPause) {
            switch editor.press(key) {
            case .message(let text):
                remember(text)
                let input = ChatInput(text)
                // Above what it prints; the plan echoes messages.
                if input.isCommand { await display.echo(text) }
                actions += plan.take(input)
            case .endOfInput: actions += plan.leave()
            case nil: break
            }
        }
        await updateDisplay()
        return actions
    }

    private func remember(_ text: String) {
        guard !isHistoryBroken, text.contains(where: { !$0.isWhitespace }) else { return }
        do { try history.add(text) } catch {
            isHistoryBroken = true
            continuation.yield(.said(["messages of this chat are not kept: \(error)"]))
            requests += 1
        }
    }

    func updateDisplay() async {
        await display.compose(editor)
        let agent = plan.place.agent ?? TaskRequestBody.defaultAgent
        let device = plan.place.target == Target.cloud.description ? "cloud" : deviceName ?? "default device"
        await display.setIdle(TerminalEscaping.line("\(device) · \(agent) · /help"))
    }
}

import Messages

/// A chat: reads messages from the terminal, or lines from a pipe, sends them as tasks of one conversation and shows these.
/// Owns the terminal's keyboard and the message that is being typed.
actor ChatSession {
    enum Input: Sendable {
        case keys([UInt8], at: ContinuousClock.Instant)
        /// The process was stopped and runs again.
        case continued
        /// Another program, such as an editor, has returned the terminal.
        case resumed
        case interrupt
        /// A line of a pipe; nil = its end.
        case line(Result<String, CommandError>?)
        case accepted(TaskView)
        case refused(String, reason: String)
        case ended(TaskEnd?)
        case found(DeviceBody)
        case foundAgent(AgentReference.Found)
        case steered(String, GatewayError?)
        case said([String])
        case failed(String)
    }

    /// Bound of the inputs in flight: a paste of 4 MiB in reads of 256 bytes. What exceeds it is dropped.
    private static let maxInputs = 16_384
    /// Longest pause between the bytes of one key.
    private static let keyPause: Duration = .milliseconds(100)
    /// How long a leaving chat waits for the cancels that it sent.
    private static let leaveTimeout: Duration = .seconds(3)

    private let gateway: GatewayClient
    private let display: TaskDisplay
    private let choices: Choices
    private let history: ChatHistory
    private let keyboard: Keyboard?
    private let lines: ChatLines?
    private let keys = ChatKeys()
    private let inputs: AsyncStream<Input>
    private nonisolated let continuation: AsyncStream<Input>.Continuation
    private var plan: ChatPlan
    private var editor: LineEditor
    private var decoder = KeyDecoder()
    private var lastRead = ContinuousClock.now
    private var wantsLine = true
    /// Requests in flight besides messages.
    private var requests = 0
    private var isHistoryBroken = false
    private var deviceName: String?
    private var hasFailed = false
    private var wasInterrupted = false

    /// - Parameter keyboard: nil = lines of standard input are the messages.
    init(
        gateway: GatewayClient, plan: ChatPlan, choices: Choices, history: ChatHistory, display: TaskDisplay,
        keyboard: Keyboard?
    ) {
        (self.gateway, self.plan, self.choices, self.history) = (gateway, plan, choices, history)
        (self.display, self.keyboard) = (display, keyboard)
        lines = keyboard == nil ? ChatLines() : nil
        editor = LineEditor(history: keyboard == nil ? [] : history.read())
        deviceName = plan.place.device?.name
        (inputs, continuation) = AsyncStream.makeStream(
            of: Input.self, bufferingPolicy: .bufferingOldest(Self.maxInputs))
    }

    /// Runs until the person leaves or the input ends.
    /// - Returns: The exit code: 0; for lines of a pipe 1 when a message was not sent or its task did not complete; 130
    ///   after Ctrl-C.
    func run(_ interrupts: Interrupts) async -> Int32 {
        await withDiscardingTaskGroup { group in
            group.addTask { await self.display.animate() }
            group.addTask { for await _ in interrupts.stream { self.continuation.yield(.interrupt) } }
            await begin()
            input: for await input in inputs {
                for action in await handle(input) {
                    if action == .leave { break input }
                    await perform(action, in: &group)
                }
                if wantsLine, plan.isIdle, requests == 0, let lines {
                    wantsLine = false
                    lines.next()
                }
            }
            await end()
            group.cancelAll()
        }
        if wasInterrupted { return 130 }
        return keyboard != nil || plan.allCompleted && !hasFailed ? 0 : 1
    }

    private func begin() async {
        lines?.start { [continuation] in continuation.yield(.line($0)) }
        if let lines {
            wantsLine = false
            return lines.next()
        }
        takeKeyboard()
        await display.setKeys(keys)
        await display.setOnSuspension { [keyboard, continuation] isSuspended in
            guard isSuspended else {
                continuation.yield(.resumed)
                return
            }
            keyboard?.end()
        }
        await display.remark("wegent chat: /help lists the commands, Ctrl-D leaves")
        await updateDisplay()
    }

    private func takeKeyboard() {
        _ = keyboard?.begin { [continuation] in
            continuation.yield(.keys($0, at: .now))
        } continued: { [continuation] in
            continuation.yield(.continued)
        }
    }

    private func end() async {
        keyboard?.end()
        await display.compose(nil)
        await display.end()
        guard wasInterrupted, !plan.left.isEmpty else { return }
        let (gateway, left) = (gateway, plan.left)
        await withTaskGroup { group in
            group.addTask { for task in left { _ = try? await gateway.cancel(task) } }
            group.addTask { try? await Task.sleep(for: Self.leaveTimeout) }
            await group.next()
            group.cancelAll()
        }
        Output.notice(
            left.count == 1 ? "task \(left[0]) is being cancelled" : "\(left.count) tasks are being cancelled")
    }

    // MARK: Inputs

    private func handle(_ input: Input) async -> [ChatPlan.Action] {
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

    private func updateDisplay() async {
        await display.compose(editor)
        let agent = plan.place.agent ?? TaskRequestBody.defaultAgent
        let device = plan.place.target == Target.cloud.description ? "cloud" : deviceName ?? "default device"
        await display.setIdle(TerminalEscaping.line("\(device) · \(agent) · /help"))
    }

    // MARK: Actions

    private func perform(_ action: ChatPlan.Action, in group: inout DiscardingTaskGroup) async {
        switch action {
        case .say(let line): await display.remark(line)
        case .echo(let text): await display.echo(text)
        case .clear:
            editor.clear()
            await updateDisplay()
        case .send(let text):
            let body = TaskRequestBody(
                prompt: text, target: plan.place.target ?? Target.defaultDevice.description, agent: plan.place.agent,
                cwd: plan.place.cwd, conversation: plan.conversation,
                idempotencyKey: Identifier<TaskRequestBody>.generate().description, choices: choices)
            group.addTask { await self.send(body) }
        case .follow(let task):
            if plan.place.device == nil { deviceName = task.deviceName ?? deviceName }
            await updateDisplay()
            group.addTask { await self.follow(task) }
        case .stop(let task): request(in: &group) { try await self.stop(task) }
        case .steer(let task, let text): request(in: &group) { try await self.steer(task, text) }
        case .findDevice(let name):
            request(in: &group) { .found(try await DeviceReference(argument: name).find(self.gateway)) }
        case .findAgent(let name):
            let place = plan.place
            request(in: &group) {
                .foundAgent(try AgentReference.find(name, in: try await self.gateway.devices(), at: place))
            }
        case .listDevices: request(in: &group) { .said(Self.list(try await self.gateway.devices())) }
        case .listAgents:
            let place = plan.place
            request(in: &group) { .said(Self.agents(try await self.gateway.devices(), place)) }
        case .leave: break
        }
    }

    private func request(
        in group: inout DiscardingTaskGroup, _ body: @escaping @Sendable () async throws -> Input
    ) {
        requests += 1
        group.addTask { [continuation] in
            do { continuation.yield(try await body()) } catch { continuation.yield(.failed("\(error)")) }
        }
    }

    private nonisolated func send(_ body: TaskRequestBody) async {
        do { continuation.yield(.accepted(try await gateway.submit(body))) } catch {
            continuation.yield(.refused(body.prompt, reason: "\(error)"))
        }
    }

    private nonisolated func follow(_ task: TaskView) async {
        let watch = TaskWatch(
            gateway: gateway, task: task, display: display, keyboard: keyboard == nil ? nil : keys, isInChat: true)
        do { continuation.yield(.ended(try await watch.run(interrupts: nil))) } catch is CancellationError {
            // The chat has ended.
        } catch {
            guard !Task.isCancelled else { return }
            await display.remark("\(error)")
            continuation.yield(.ended(nil))
        }
    }

    private nonisolated func stop(_ task: TaskID) async throws -> Input {
        do { _ = try await gateway.cancel(task) } catch let error as GatewayError {
            return .said(["task \(task) was not stopped: \(error)"])
        }
        return .said([])
    }

    private nonisolated func steer(_ task: TaskID, _ text: String) async throws -> Input {
        do { try await gateway.steer(task, text) } catch let error as GatewayError { return .steered(text, error) }
        return .steered(text, nil)
    }

    /// The devices as lines.
    private static func list(_ devices: [DeviceBody]) -> [String] {
        if devices.isEmpty { return ["you have no devices yet"] }
        return devices.map { "\($0.isDefault ? "★" : " ") \(TerminalEscaping.line($0.name)), \($0.statusText)" }
    }

    /// The agents of the device in use as lines.
    private static func agents(_ devices: [DeviceBody], _ place: TaskPlace) -> [String] {
        let agents = (place.device(among: devices)?.agents ?? []).map { agent in
            let state = agent.ready ? "" : ", \(agent.detail ?? "not ready")"
            return TerminalEscaping.line("\(agent.name)\(agent.version.map { " \($0)" } ?? "")\(state)")
        }
        return agents.isEmpty ? ["no agents are known for this device"] : agents
    }
}

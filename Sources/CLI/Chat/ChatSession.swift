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
    /// How long a leaving chat waits for the cancels that it sent.
    private static let leaveTimeout: Duration = .seconds(3)

    let gateway: GatewayClient
    let display: TaskDisplay
    let choices: Choices
    let history: ChatHistory
    let keyboard: Keyboard?
    private let lines: ChatLines?
    let keys = ChatKeys()
    private let inputs: AsyncStream<Input>
    nonisolated let continuation: AsyncStream<Input>.Continuation
    var plan: ChatPlan
    var editor: LineEditor
    var decoder = KeyDecoder()
    var lastRead = ContinuousClock.now
    var wantsLine = true
    /// Requests in flight besides messages.
    var requests = 0
    var isHistoryBroken = false
    var deviceName: String?
    var hasFailed = false
    var wasInterrupted = false

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

    func takeKeyboard() {
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
}

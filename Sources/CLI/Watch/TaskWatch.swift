import Messages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Follows a task to its end: shows its events and its status, asks about permission requests, handles Ctrl-C.
struct TaskWatch: Sendable {
    let gateway: GatewayClient
    let task: TaskView
    /// nil = prints each event as one line of JSON, exactly as the gateway sent it.
    let display: TaskDisplay?
    /// Reads the answers to permission requests; nil = prints how to answer them.
    var keyboard: (any KeySource)?
    /// Whether the display outlives the task and is drawn by a chat.
    var isInChat = false
    /// Shows the events after this one; 0 = all.
    var after: UInt64 = 0
    /// Changes of this terminal's size, which the task's terminal follows; nil = it does not.
    var sizes: SizeChanges?

    /// Returns when the task has ended.
    /// - Parameter interrupts: Ctrl-C: the first one cancels the task, the second one exits the process. nil = Ctrl-C is
    ///   not handled here.
    /// - Throws: What ``TaskFollower`` throws.
    func run(interrupts: Interrupts?) async throws -> TaskEnd {
        if isInChat { await display?.begin(task) } else { await display?.update { $0.take(task) } }
        let approvals = ApprovalCoordinator(gateway: gateway, task: task.id, display: display, keyboard: keyboard)
        let end: TaskEnd? = try await withThrowingTaskGroup(of: TaskEnd?.self) { group in
            group.addTask { try await follow(approvals) }
            group.addTask {
                await approvals.run()
                return nil
            }
            if let interrupts { group.addTask { await handle(interrupts) } }
            if let sizes {
                group.addTask {
                    await sizes.pass(on: task, gateway)
                    return nil
                }
            }
            if let display {
                if !isInChat {
                    group.addTask {
                        await display.animate()
                        return nil
                    }
                }
                group.addTask { await pollStatus(for: display) }
            }
            defer { group.cancelAll() }
            do {
                while let result = try await group.next() { if let result { return result } }
            } catch {
                await endDisplay()
                throw error
            }
            return nil
        }
        await endDisplay()
        guard let end else { throw CancellationError() }
        return end
    }

    private func endDisplay() async {
        if isInChat { await display?.finish() } else { await display?.end() }
    }

    private func follow(_ approvals: ApprovalCoordinator) async throws -> TaskEnd {
        try await TaskFollower(gateway: gateway, task: task.id, start: after).follow { update in
            switch update {
            case .event(let event, let line):
                if let display { await display.show(event) } else { Output.write(line + [0x0a]) }
                approvals.take(event)
            case .disconnected(let failures): await reportConnection(failures: failures)
            case .reconnected: await reportConnection(failures: 0)
            }
        }
    }

    /// Shows each failure in the status line; prints a line for the first one and for the recovery.
    private func reportConnection(failures: Int) async {
        await display?.update { $0.connectionProblem = failures == 0 ? nil : "connection lost, try \(failures)" }
        switch failures {
        case 0: await remark("the connection to the gateway is restored")
        case 1: await remark("the connection to the gateway was lost; trying again")
        default: break
        }
    }

    private func handle(_ interrupts: Interrupts) async -> TaskEnd? {
        var count = 0
        for await _ in interrupts.stream {
            // It is for the editor that has the terminal.
            if await display?.isSuspended == true { continue }
            count += 1
            guard count == 1 else {
                keyboard?.end()
                await display?.end()
                Output.notice("exited before the end of task \(task.id); the gateway cancels it")
                exit(130)
            }
            await display?.update { $0.isCancelling = true }
            await requestCancel()
        }
        return nil
    }

    private func requestCancel() async {
        do {
            _ = try await gateway.cancel(task.id)
            await remark("cancelling; press Ctrl-C again to exit at once")
        } catch is CancellationError {
            // The task ended before the reply.
        } catch {
            await remark("task \(task.id) could not be cancelled: \(error); try `wegent cancel \(task.id)`")
        }
    }

    /// Polls what the task's events do not carry: the queue position and the device's slots.
    private func pollStatus(for display: TaskDisplay) async -> TaskEnd? {
        while await display.isLive, !Task.isCancelled {
            if let task = try? await gateway.task(task.id), !task.state.isTerminal {
                await display.update { $0.take(task) }
                if let id = task.device, let device = try? await gateway.devices().first(where: { $0.id == id }) {
                    await display.update { $0.slots = device.slots }
                }
            }
            try? await Task.sleep(for: .seconds(1))
        }
        return nil
    }

    private func remark(_ line: String) async {
        if let display { await display.remark(line) } else { Output.notice(line) }
    }
}

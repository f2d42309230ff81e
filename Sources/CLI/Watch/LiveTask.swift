import Messages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// A task that somebody watches: its events, its status line, and Ctrl-C.
struct LiveTask: Sendable {
    /// How it ended.
    struct End: Sendable {
        var state: TaskState
        var error: Fault?
        /// Why it failed, in one line with its code; nil when it did not.
        var reason: String? { error.map { "\(PlainSight.line($0.message)) (\($0.code))" } }
        /// 0 completed, 1 failed, 130 cancelled.
        var exitCode: Int32 { state == .completed ? 0 : state == .cancelled ? 130 : 1 }
    }

    let backend: Backend
    let task: TaskView
    /// Nil = one JSON event a line, exactly as the gateway sent it.
    let display: Display?
    /// Where questions about permissions are answered; nil = they are told with how to answer them.
    var keyboard: Keyboard?

    /// Shows the task up to its end.
    /// - Parameter interrupts: Ctrl-C; nil when it means something else here. The first one asks for the end of the
    ///   task, the second one ends this process at once.
    func watch(after: UInt64 = 0, interrupts: Interrupts?) async throws -> End {
        if let display { await display.update { $0.take(task) } }
        let desk = ApprovalDesk(backend: backend, display: display, keyboard: keyboard)
        let end: End? = try await withThrowingTaskGroup(of: End?.self) { group in
            group.addTask { try await follow(after, desk) }
            group.addTask {
                await desk.run()
                return nil
            }
            if let interrupts { group.addTask { await obey(interrupts) } }
            if let display {
                group.addTask {
                    await display.animate()
                    return nil
                }
                group.addTask { await poll(display) }
            }
            defer { group.cancelAll() }
            do {
                while let result = try await group.next() { if let result { return result } }
            } catch {
                await display?.end()
                throw error
            }
            return nil
        }
        await display?.end()
        guard let end else { throw CancellationError() }
        return end
    }

    private func follow(_ after: UInt64, _ desk: ApprovalDesk) async throws -> End {
        var end = End(state: .failed)
        try await TaskFollower(backend: backend, task: task.id).follow(after: after) { news in
            switch news {
            case .event(let event, let line):
                if let display { await display.show(event) } else { Output.write(line + [0x0a]) }
                desk.take(event)
                if event.isLast { end = End(state: event.state ?? .failed, error: event.error) }
            case .broken(let tries): await tell(tries)
            case .restored: await tell(nil)
            }
        }
        return end
    }

    /// Says once that the connection broke, and that it is back.
    private func tell(_ tries: Int?) async {
        await display?.update { $0.trouble = tries.map { "connection lost, try \($0)" } }
        let line = tries == nil ? "the connection is back" : "the connection was lost, trying again"
        guard tries == nil || tries == 1 else { return }
        if let display { await display.remark(line) } else { Output.notice(line) }
    }

    private func obey(_ interrupts: Interrupts) async -> End? {
        var count = 0
        for await _ in interrupts.stream {
            count += 1
            guard count == 1 else {
                keyboard?.end()
                await display?.end()
                Output.notice("left; task \(task.id) is being cancelled")
                exit(130)
            }
            await display?.update { $0.cancelling = true }
            await requestCancel()
        }
        return nil
    }

    private func requestCancel() async {
        let line: String
        do {
            _ = try await backend.cancel(task.id)
            line = "cancelling; Ctrl-C again leaves at once"
        } catch is CancellationError {
            // The task has come to its end before the answer: nothing is left to say.
            return
        } catch {
            line = "the task could not be cancelled: \(error); try `wegent cancel \(task.id)`"
        }
        if let display { await display.remark(line) } else { Output.notice(line) }
    }

    /// Slots and places in a queue are no events of the task: on a terminal they are asked for.
    private func poll(_ display: Display) async -> End? {
        while await display.isLive, !Task.isCancelled {
            if let task = try? await backend.task(task.id), !task.state.isTerminal {
                await display.update { $0.take(task) }
                if let id = task.device, let device = try? await backend.devices().first(where: { $0.id == id }) {
                    await display.update { $0.slots = device.slots }
                }
            }
            try? await Task.sleep(for: .seconds(1))
        }
        return nil
    }
}

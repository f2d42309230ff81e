import Messages

/// What a chat does for the actions of its plan: requests to the gateway, whose results are inputs again.
extension ChatSession {
    func perform(_ action: ChatPlan.Action, in group: inout DiscardingTaskGroup) async {
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
        case .listDevices: request(in: &group) { .said(ChatLists.devices(try await self.gateway.devices())) }
        case .listAgents:
            let place = plan.place
            request(in: &group) { .said(ChatLists.agents(try await self.gateway.devices(), at: place)) }
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
}

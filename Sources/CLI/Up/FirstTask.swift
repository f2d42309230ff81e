import Executor
import Messages

/// The task that `wegent up --first-task` runs as a demonstration.
struct FirstTask: Sendable {
    let report: UpReport
    let environment: [String: String]

    /// Runs the task and shows it. Errors are printed and do not stop `wegent up`.
    func show() async {
        let agents = report.device?.agents ?? []
        let prompts = FirstPrompt.all(environment, home: Folders(environment: environment).home)
        guard let first = Self.choose(agents, prompts) else { return Output.notice(Self.refusal(agents)) }
        let terminal = Terminal.current
        Output.write(terminal.style.bold("A first task on this machine (\(first.agent)):") + "\n\n")
        do {
            let gateway = GatewayClient(Connection(url: report.url, token: report.token))
            let task = try await gateway.submit(
                TaskRequestBody(
                    prompt: first.prompt, target: report.device?.id ?? "default", agent: first.agent,
                    idempotencyKey: Identifier<TaskRequestBody>.generate().description))
            let end = try await TaskWatch(gateway: gateway, task: task, display: TaskDisplay(terminal)).run(
                interrupts: nil)
            if let reason = end.reason { Output.notice("the first task failed: \(reason)") }
        } catch {
            Output.notice("the first task could not be shown: \(error)")
        }
    }

    /// Chooses the first prompt whose agent is ready.
    static func choose(_ agents: [Agent], _ prompts: [FirstPrompt]) -> FirstPrompt? {
        prompts.first { prompt in agents.contains { $0.ready && $0.name == prompt.agent } }
    }

    /// Why no agent can do it.
    static func refusal(_ agents: [Agent]) -> String {
        let reasons = agents.map { "\($0.name): \($0.ready ? "it is not signed in" : $0.detail ?? "not ready")" }
        return (["no agent is ready for a first task"] + reasons).joined(separator: "; ")
    }
}

import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The task that `wegent up --first-task` runs as a demonstration.
struct FirstTask: Sendable {
    private static let hello =
        "Introduce yourself in two short sentences, and name one thing you could do for me on this machine."
    private static let command = """
        echo "Hello from $(uname -n), $(uname -s) $(uname -r)."
        for i in 1 2 3; do sleep 0.4; echo "This line was written live on your device ($i of 3)."; done
        """

    let report: UpReport
    let environment: [String: String]

    /// Runs the task and shows it. Errors are printed and do not stop `wegent up`.
    func show() async {
        let agents = report.device?.agents ?? []
        let signedIn = Self.seemsSignedIn(environment, home: Folders(environment: environment).home)
        guard let (agent, prompt) = Self.choose(agents, signedIn: signedIn) else {
            return Output.notice(
                "no agent is ready for a first task; install and sign in to Claude Code, or start again with --allow-shell"
            )
        }
        let terminal = Terminal.current
        Output.write(terminal.style.bold("A first task on this machine (\(agent)):") + "\n\n")
        do {
            let gateway = GatewayClient(Connection(url: report.url, token: report.token))
            let task = try await gateway.submit(
                TaskRequestBody(
                    prompt: prompt, target: report.device?.id ?? "default", agent: agent,
                    idempotencyKey: Identifier<TaskRequestBody>.generate().description))
            let end = try await TaskWatch(gateway: gateway, task: task, display: TaskDisplay(terminal)).run(
                interrupts: nil)
            if let reason = end.reason { Output.notice("the first task failed: \(reason)") }
        } catch {
            Output.notice("the first task could not be shown: \(error)")
        }
    }

    /// Chooses Claude Code when it is ready and seems to be signed in, else the shell when it is allowed.
    static func choose(_ agents: [Agent], signedIn: Bool) -> (agent: String, prompt: String)? {
        let ready = agents.filter(\.ready).map(\.name)
        if signedIn, ready.contains("claude-code") { return ("claude-code", hello) }
        return ready.contains("shell") ? ("shell", command) : nil
    }

    /// Whether Claude Code would find credentials. Whether they are valid is not checked.
    static func seemsSignedIn(_ environment: [String: String], home: String) -> Bool {
        let variables = [
            "ANTHROPIC_API_KEY", "ANTHROPIC_AUTH_TOKEN", "CLAUDE_CODE_OAUTH_TOKEN", "CLAUDE_CODE_USE_BEDROCK",
            "CLAUDE_CODE_USE_VERTEX",
        ]
        if variables.contains(where: { environment[$0].nonEmpty != nil }) { return true }
        let folder = environment["CLAUDE_CONFIG_DIR"].nonEmpty ?? "\(home)/.claude"
        return FileManager.default.fileExists(atPath: "\(folder)/.credentials.json")
    }
}

import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

/// An agent that the conformance suite checks. A new agent is one more entry of ``known``.
struct AgentUnderTest: Sendable, CustomTestStringConvertible {
    /// What an agent may be able to do; the suite asks nothing else of one without.
    enum Feature: Sendable {
        /// Runs tools, which are events.
        case tools
        /// Asks for permission.
        case permission
        /// Knows what was said earlier in its conversation, also after a restart of the executor.
        case memory
        /// Leaves work in the background, for which a task may wait.
        case background
    }

    /// As in `task.assign`.
    let name: String
    let features: Set<Feature>
    /// The error of a task on a device without the agent.
    let missing: ErrorCode
    /// Starts what stands behind the agent, such as its model.
    let makeStage: @Sendable () async throws -> any AgentStage
    /// Sets up a device that lacks the agent.
    let remove: @Sendable (inout ExecutorConfiguration) -> Void

    var testDescription: String { name }

    static let shell = AgentUnderTest(
        name: "shell", features: [], missing: .agentNotAllowed, makeStage: { ShellStage() },
        remove: { $0.allowShell = false })

    static let claude = AgentUnderTest(
        name: "claude-code", features: [.tools, .permission, .memory, .background], missing: .agentMissing,
        makeStage: { try await ClaudeStage() }, remove: { $0.claude = "/nonexistent/claude" })

    static let known = [shell, claude]

    /// The agents of this machine. Claude Code is left out where it is not installed.
    static let all = known.filter { $0.name != claude.name || Binaries.claude != nil }

    /// The agents with a feature.
    static func with(_ feature: Feature) -> [AgentUnderTest] { all.filter { $0.features.contains(feature) } }
}

/// What stands behind an agent: it turns what a test wants into a prompt, and sees to it that the agent does that.
protocol AgentStage: Sendable {
    /// Sets the device's configuration for the agent.
    func configure(_ configuration: inout ExecutorConfiguration, in folder: TemporaryDirectory)
    /// The permission mode in which the agent runs a command without asking; nil = the device's default.
    var free: PermissionMode? { get }
    /// Returns the prompt for a turn. `marker` is a word that no other turn of the test has.
    func prompt(for wish: Wish, marker: String) -> String
    /// Whether the agent knew in its last turn what this turn of the same conversation was asked.
    func knew(_ marker: String) -> Bool
    func stop() async
}

/// What a turn does.
enum Wish: Sendable {
    /// Says a text.
    case say(String)
    /// Says a text, waits until the file is there, and says the rest.
    case hold(String, until: String, rest: String)
    /// Runs a command in the foreground, as a tool where the agent has them, and ends.
    case run(String)
    /// Leaves a command in the background, and ends with a text.
    case leave(String, saying: String)
    /// Fails.
    case fail
    /// Loses its own process.
    case die
}

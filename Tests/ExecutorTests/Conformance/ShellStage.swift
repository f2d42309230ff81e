import Messages
import TestSupport

@testable import Executor

/// The shell agent: a wish is a command line.
struct ShellStage: AgentStage {
    func configure(_ configuration: inout ExecutorConfiguration, in folder: TemporaryDirectory) {
        configuration.allowShell = true
    }

    var free: PermissionMode? { nil }

    func prompt(for wish: Wish, marker: String) -> String {
        switch wish {
        case .say(let text): "echo '\(text)'"
        case .hold(let first, let file, let rest):
            "echo '\(first)'; while [ ! -e '\(file)' ]; do sleep 0.02; done; echo '\(rest)'"
        case .run(let command): command
        case .leave(let command, let text): "(\(command)) >/dev/null 2>&1 & echo '\(text)'"
        case .fail: "exit 3"
        case .die: "kill -9 $$"
        }
    }

    func knew(_ marker: String) -> Bool { false }

    func stop() async {}
}

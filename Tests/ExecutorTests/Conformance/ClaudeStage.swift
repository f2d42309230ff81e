import Foundation
import Messages
import ScriptedModel
import TestSupport
import Testing

@testable import Executor

/// The real Claude Code with a scripted model behind it: a wish is what the model does when it gets the marker.
struct ClaudeStage: AgentStage {
    private let model: ScriptedModel
    private let program: String

    init() async throws {
        program = try #require(Binaries.claude)
        model = try await .start()
    }

    func configure(_ configuration: inout ExecutorConfiguration, in folder: TemporaryDirectory) {
        configuration.claude = program
        configuration.environment = model.environment(home: folder.path)
        configuration.environment["PATH"] = "/usr/local/bin:/usr/bin:/bin"
        // Without this, Claude Code refuses to bypass permissions as root.
        configuration.environment["IS_SANDBOX"] = "1"
        configuration.allowBypass = true
    }

    var free: PermissionMode? { .bypass }

    func prompt(for wish: Wish, marker: String) -> String {
        switch wish {
        case .say(let text): model.answer(.text(.token(text)), to: marker)
        case .hold(let first, let file, let rest):
            let gate = Gate()
            model.answer(.text(.token(first), .gate(gate), .token(rest)), to: marker)
            Task {
                try await eventually("the file \(file)", within: .seconds(120)) {
                    FileManager.default.fileExists(atPath: file)
                }
                gate.open()
            }
        case .run(let command): model.answer(.tool("Bash", input: Self.bash(command)), .text("ran"), to: marker)
        case .leave(let command, let text):
            model.answer(.tool("Bash", input: Self.bash(command, inBackground: true)), .text(.token(text)), to: marker)
            // The agent tells the model when the command has ended.
            model.always(.text("noted"), to: "task-notification")
        // Claude Code asks once more without the options that the server may not know. What it was told stays in its
        // session, before the next prompt.
        case .fail:
            model.react { request in
                let last = request.messages.last { $0.role == "user" && !$0.texts.isEmpty }?.texts.last
                return last?.contains(marker) == true ? .failure(400) : nil
            }
        case .die: model.answer(.tool("Bash", input: Self.bash("kill -9 $PPID")), .text("alive"), to: marker)
        }
        return marker
    }

    /// The input of a `Bash` call.
    private static func bash(_ command: String, inBackground: Bool = false) -> String {
        let input = JSONValue.object(
            ["command": .string(command)].merging(inBackground ? ["run_in_background": true] : [:]) { $1 })
        return String(decoding: input.bytes, as: UTF8.self)
    }

    func knew(_ marker: String) -> Bool {
        model.requests.last?.texts(of: "user").contains { $0.contains(marker) } == true
    }

    func stop() async { await model.stop() }
}

import Messages
import TestSupport
import Testing

@testable import Dispatcher

@Suite("What a connected device does not run")
struct SuitabilityTests {
    private static func device(
        _ modes: [PermissionMode]? = [.ask, .plan], _ allowed: [String]? = ["/srv/app", "/home/ada/"]
    ) -> Device {
        var device = Sample.device("box", star: true)
        device.generation = 1
        var claude = Agent(name: "claude-code", version: "2", ready: true, detail: nil)
        claude.permissionModes = modes
        device.agents = [claude, Agent(name: "shell", version: nil, ready: false, detail: nil)]
        device.allowedDirs = allowed
        return device
    }

    private static func submit(
        agent: String = "claude-code", cwd: String? = nil, mode: PermissionMode? = nil, target: Target = .device("box")
    ) -> TaskSubmit {
        TaskSubmit(
            task: .generate(), owner: Sample.owner, prompt: "echo", target: target, agent: agent, cwd: cwd,
            choices: mode.map { Choices(permissionMode: $0) })
    }

    @Test(
        "Directories are compared by whole parts, without . and ..",
        arguments: [
            ("/srv/app", true), ("/srv/app/", true), ("/srv/app/src/./x", true), ("/srv/apple", false), ("/srv", false),
            ("/", false), ("/srv/app/..", false), ("/srv/app/../app/x", true), ("/srv//app", true),
            ("/home/ada", true), ("/home/ada/../bob", false), ("/../srv/app", true),
        ])
    func directories(path: String, isAllowed: Bool) {
        let refusal = Suitability.refusal(Self.submit(cwd: path), mode: nil, on: Self.device())
        #expect((refusal == nil) == isAllowed && (refusal.map { $0.code == .cwdNotAllowed } ?? true))
        #expect(Suitability.refusal(Self.submit(cwd: path), mode: nil, on: Self.device(nil, ["/"])) == nil)
        #expect(Suitability.refusal(Self.submit(cwd: path), mode: nil, on: Self.device(nil, nil)) == nil, "unknown")
        #expect(
            Suitability.refusal(Self.submit(cwd: path), mode: nil, on: Self.device(nil, []))?.code == .cwdNotAllowed)
    }

    @Test("A refusal names the device, what was asked for and what it allows")
    func sentences() throws {
        for (submit, code, parts) in [
            (Self.submit(agent: "codex"), ErrorCode.agentUnknown, ["Linux - box", "'codex'", "claude-code, shell"]),
            (Self.submit(mode: .bypass), .permissionModeNotAllowed, ["bypass", "ask, plan", "--allow-bypass"]),
            (Self.submit(mode: .acceptEdits), .permissionModeNotAllowed, ["accept-edits", "ask, plan"]),
            (Self.submit(cwd: "/etc"), .cwdNotAllowed, ["/etc", "/srv/app, /home/ada/", "--allow-dir"]),
        ] {
            let fault = try #require(
                Suitability.refusal(submit, mode: submit.choices?.permissionMode, on: Self.device()))
            #expect(fault.code == code)
            for part in parts { #expect(fault.message.contains(part), "\(fault.message)") }
        }
        #expect(Suitability.refusal(Self.submit(agent: "shell", mode: .plan), mode: .plan, on: Self.device()) == nil)
        #expect(Suitability.refusal(Self.submit(mode: .bypass), mode: .bypass, on: Self.device(nil)) == nil, "unknown")
        var old = Self.device()
        old.agents = []
        #expect(Suitability.refusal(Self.submit(agent: "codex"), mode: nil, on: old) == nil)
    }

    @Test("A terminal, and outputs apart, are refused for an agent that has said it has none")
    func terminals() throws {
        var device = Self.device()
        var (tty, split) = (Self.submit(), Self.submit())
        (tty.terminal, split.splitOutput) = (TerminalSize(columns: 80, rows: 24), true)
        for submit in [tty, split] {
            #expect(Suitability.refusal(submit, mode: nil, on: device) == nil, "unknown")
        }
        (device.agents[0].hasTerminal, device.agents[1].hasTerminal) = (false, true)
        for (submit, option) in [(tty, "terminal (--tty)"), (split, "split_output (--split-output)")] {
            let fault = try #require(Suitability.refusal(submit, mode: nil, on: device))
            #expect(fault.code == .invalidRequest)
            for part in ["claude-code", "leave out \(option)", "(shell)"] { #expect(fault.message.contains(part)) }
            var other = submit
            other.agent = "shell"
            #expect(Suitability.refusal(other, mode: nil, on: device) == nil)
        }
        split.splitOutput = false
        #expect(Suitability.refusal(split, mode: nil, on: device) == nil)
    }

    @Test("What the connected device does not allow is refused at the submission, and never by an outdated list")
    func submission() async throws {
        try await Rig.run(devices: [Self.device()]) { rig in
            let wrong = [
                Self.submit(agent: "codex"), Self.submit(cwd: "/etc"),
                Self.submit(mode: .bypass, target: .defaultDevice),
            ]
            // Its session is not open: what it allows now is unknown.
            for submit in wrong { _ = try await rig.gateway.ask(submit) }
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            var codes: [ErrorCode?] = []
            for var submit in wrong {
                submit.task = .generate()
                codes.append(await code { _ = try await rig.gateway.ask(submit) })
            }
            #expect(codes == [.agentUnknown, .cwdNotAllowed, .permissionModeNotAllowed])
            _ = try await rig.gateway.ask(
                DefaultsSet(owner: Sample.owner, set: Choices(permissionMode: .bypass), clear: []))
            #expect(await code { _ = try await rig.gateway.ask(Self.submit()) } == .permissionModeNotAllowed)
            _ = try await rig.gateway.ask(Self.submit(cwd: "/srv/app/x", mode: .ask))
            // The executor was restarted with other options, which the list does not have yet.
            try await executor.again().connect()
            _ = try await rig.gateway.ask(Self.submit(agent: "codex"))
        }
    }
}

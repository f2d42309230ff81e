import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

@Suite("A Claude Code that works without a turn")
struct ClaudeRogueTests {
    /// Answers one turn, and does `later` when the file `go` is there.
    private static func program(_ later: String) -> String {
        #"""
        #!/bin/sh
        if [ "$1" = --version ]; then echo '9.9.9 (Claude Code)'; exit; fi
        echo $$ > pid
        read -r initialize; echo '{"type":"control_response","response":{"subtype":"success","request_id":"wegent-1"}}'
        read -r user
        id=$(printf '%s' "$user" | sed 's/.*"uuid":"\([^"]*\)".*/\1/')
        echo '{"type":"system","subtype":"session_state_changed","state":"running"}'
        echo '{"type":"command_lifecycle","command_uuid":"'$id'","state":"started"}'
        echo '{"type":"system","subtype":"init","session_id":"11111111-1111-4111-8111-111111111111"}'
        echo '{"type":"result","subtype":"success","is_error":false,"result":"done"}'
        echo '{"type":"system","subtype":"session_state_changed","state":"idle"}'
        while [ ! -e go ]; do sleep 0.02; done
        \#(later)
        sleep 300
        """#
    }

    @Test(
        "It is killed at the first sign of work",
        arguments: [
            #"echo '{"type":"system","subtype":"session_state_changed","state":"running"}'"#,
            #"echo '{"type":"system","subtype":"status","status":"requesting"}'"#,
            #"echo '{"type":"control_request","request_id":"r","request":{"subtype":"can_use_tool","tool_name":"Bash"}}'"#,
        ])
    func killed(_ later: String) async throws {
        let folder = try TemporaryDirectory()
        let work = try folder.folder("work")
        let program = try folder.write(Self.program(later), to: "claude", executable: true)
        let environment = ["PATH": "/usr/bin:/bin", "HOME": folder.path]
        let agent = ClaudeAgent(
            ClaudeAgent.Settings(
                program: ClaudeProgram(wanted: program, environment: environment), permission: .ask, allowBypass: false,
                environment: environment, children: LiveChildren(),
                sessions: AgentSessions(directory: try folder.folder("sessions")), times: ExecutorTimes()))
        let run = try await agent.start(makeTurn("hello", in: work), sink: RecordingSink())
        #expect(try await deadline("the end") { await run.outcome() } == .completed)
        let text = try String(contentsOfFile: work + "/pid", encoding: .utf8)
        let pid = try #require(Int32(text.trimmingCharacters(in: .whitespacesAndNewlines)))
        #expect(ProcessTable.isAlive(pid))
        try Data().write(to: URL(filePath: work + "/go"))
        try await eventually("its end") { !ProcessTable.isAlive(pid) }
        await agent.shutDown()
    }

    @Test("A version that does not say what becomes of a message takes none while its turn runs")
    func takesNoMessage() async throws {
        let folder = try TemporaryDirectory()
        let work = try folder.folder("work")
        let program = try folder.write(
            #"""
            #!/bin/sh
            read -r initialize; echo '{"type":"control_response","response":{"subtype":"success","request_id":"wegent-1"}}'
            read -r user
            echo '{"type":"system","subtype":"init","session_id":"11111111-1111-4111-8111-111111111111"}'
            while [ ! -e go ]; do sleep 0.02; done
            echo '{"type":"result","subtype":"success","is_error":false,"result":"done"}'
            sleep 300
            """#, to: "claude", executable: true)
        let environment = ["PATH": "/usr/bin:/bin", "HOME": folder.path]
        let agent = ClaudeAgent(
            ClaudeAgent.Settings(
                program: ClaudeProgram(wanted: program, environment: environment), permission: .ask, allowBypass: false,
                environment: environment, children: LiveChildren(),
                sessions: AgentSessions(directory: try folder.folder("sessions")), times: ExecutorTimes()))
        let run = try await agent.start(makeTurn("hello", in: work), sink: RecordingSink())
        let fault = await #expect(throws: Fault.self) {
            try await run.steer(PersonMessage(id: .generate(), text: "turn left"))
        }
        #expect(fault?.code == .steerUnsupported)
        try Data().write(to: URL(filePath: work + "/go"))
        #expect(try await deadline("the end") { await run.outcome() } == .completed)
        await agent.shutDown()
    }
}

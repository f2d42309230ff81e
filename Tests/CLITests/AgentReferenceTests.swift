import Messages
import Testing

@testable import CLI

@Suite("Agents in a chat")
struct AgentReferenceTests {
    private static func device(_ id: String, _ agents: [String], star: Bool = false) -> DeviceBody {
        DeviceBody(
            Device(
                owner: .generate(), id: id, name: "name of \(id)", status: .online, isDefault: star,
                slots: Slots(used: 0, total: 5),
                agents: agents.map {
                    Agent(name: $0, version: nil, ready: $0 != "shell", detail: $0 == "shell" ? "not allowed" : nil)
                }))
    }

    private let devices = [
        device("a1", ["claude-code", "shell"], star: true), device("b2", ["codex"]), device("c3", []),
    ]

    private func find(_ text: String, at target: String? = nil) throws -> AgentReference.Found {
        try AgentReference.find(text, in: devices, at: TaskPlace(target: target))
    }

    @Test("An agent is found by its name in any letter case, or by a part that no other agent of the device has")
    func finds() throws {
        #expect(try find("claude-code").name == "claude-code" && find("Claude-Code").name == "claude-code")
        #expect(try find("claude").name == "claude-code" && find("CODE", at: "default").name == "claude-code")
        #expect(try find("cod", at: "b2").name == "codex")
        #expect(try find("shell") == .init(name: "shell", remark: "not ready: not allowed"))
        #expect(try find("shell", at: "c3") == .init(name: "shell"), "the agents of all devices")
    }

    @Test("The error for an unknown or ambiguous agent names those that there are")
    func refuses() {
        for (text, target, sentence) in [
            ("nosuch", nil, "there is no agent 'nosuch'; name of a1 has claude-code, shell"),
            ("claude-code", "b2", "there is no agent 'claude-code'; name of b2 has codex"),
            ("nosuch", "cloud", "there is no agent 'nosuch'; your devices have claude-code, codex, shell"),
            ("e", nil, "'e' is a part of several agents' names; type more of one: claude-code, shell"),
        ] {
            let error = #expect(throws: CommandError.self) { try find(text, at: target) }
            #expect(error?.description == sentence)
        }
    }

    @Test("Where no device has said its agents, any name is taken")
    func unknown() throws {
        let found = try AgentReference.find("new", in: [Self.device("c3", [], star: true)], at: TaskPlace())
        #expect(found == .init(name: "new"))
    }
}

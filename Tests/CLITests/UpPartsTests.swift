import Executor
import Foundation
import Messages
import Synchronization
import TestSupport
import Testing

@testable import CLI

@Suite("Parts of `wegent up`")
struct UpPartsTests {
    private let claude = Agent(name: "claude-code", version: "2.1", ready: true, detail: nil)
    private let shell = Agent(name: "shell", version: nil, ready: true, detail: nil)
    private let away = Agent(name: "claude-code", version: nil, ready: false, detail: "not found")

    @Test("The first task is for the first agent that is ready and has a prompt")
    func choosesAgent() throws {
        let home = try TemporaryDirectory()
        let signedIn = FirstPrompt.all(["ANTHROPIC_API_KEY": "k"], home: home.path)
        let none = FirstPrompt.all([:], home: home.path)
        #expect(FirstTask.choose([claude, shell], signedIn)?.agent == "claude-code")
        #expect(FirstTask.choose([claude, shell], none)?.agent == "shell")
        #expect(FirstTask.choose([away, shell], signedIn)?.agent == "shell")
        #expect(FirstTask.choose([away], signedIn) == nil)
        let sentence = "no agent is ready for a first task; claude-code: not found; codex: it is not signed in"
        let codex = Agent(name: "codex", version: nil, ready: true, detail: nil)
        #expect(FirstTask.refusal([away, codex]) == sentence)
    }

    @Test(
        "The reported address is usable by clients",
        arguments: [
            ("127.0.0.1", "http://127.0.0.1:1"), ("0.0.0.0", "http://127.0.0.1:1"), ("::", "http://[::1]:1"),
            ("fe80::1", "http://[fe80::1]:1"), ("box", "http://box:1"),
        ])
    func clientAddress(_ host: String, _ url: String) { #expect(UpReport.url(host: host, port: 1) == url) }

    @Test("The report is one JSON object")
    func reportJSON() throws {
        let report = UpReport(url: "http://a", user: "admin", password: nil, token: "t", device: nil)
        let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(report)) as? [String: Any]
        #expect(object?.keys.sorted() == ["password", "token", "url", "user"])
        #expect(object?["password"] is NSNull)
    }

    @Test("The summary shows the commands to continue with")
    func summary() {
        var device = ReferenceTests.device("a1", "Box")
        device.agents = [away, shell]
        let report = UpReport(url: "http://a", user: "admin", password: "p", token: "t", device: device)
        let saved = report.summary(style: .plain, program: "wegent", isSaved: true, data: "/d")
        #expect(saved.contains("is up at http://a\n"))
        #expect(saved.contains("wegent run --agent shell 'uname -a'") && !saved.contains("WEGENT_TOKEN"))
        #expect(saved.contains("claude-code: not found"))
        let other = report.summary(style: .plain, program: "wegent", isSaved: false, data: "/d")
        #expect(other.contains("export WEGENT_BACKEND_URL=http://a WEGENT_TOKEN=t"))
    }

    @Test("The device's token is renewed on its last day")
    func renewsToken() async throws {
        let made = Mutex(0)
        let days = Mutex(0.0)
        let credential = DeviceCredential {
            Timestamp(milliseconds: 0).adding(seconds: days.withLock { $0 } * 86_400)
        } issue: {
            made.withLock {
                $0 += 1
                return "token \($0)"
            }
        }
        #expect(try await credential.current() == "token 1")
        days.withLock { $0 = 5.9 }
        #expect(try await credential.current() == "token 1")
        days.withLock { $0 = 6 }
        #expect(try await credential.current() == "token 2")
    }

    @Test("The error for a port in use names it")
    func portInUse() throws {
        let server = try TinyServer { $0.untilClosed() }
        defer { server.stop() }
        let failure = #expect(throws: CommandError.self) {
            try PortProbe.check(host: "127.0.0.1", port: Int(server.port))
        }
        #expect(failure?.description.contains("port \(server.port) of 127.0.0.1 is in use") == true)
        try PortProbe.check(host: "127.0.0.1", port: FreePort.next())
        #expect(throws: CommandError.self) { try PortProbe.check(host: "203.0.113.1", port: 1025) }
    }
}

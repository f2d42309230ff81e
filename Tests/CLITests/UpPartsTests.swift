import Foundation
import Messages
import Synchronization
import TestSupport
import Testing

@testable import CLI

struct UpPartsTests {
    private let claude = Agent(name: "claude-code", version: "2.1", ready: true, detail: nil)
    private let shell = Agent(name: "shell", version: nil, ready: true, detail: nil)
    private let away = Agent(name: "claude-code", version: nil, ready: false, detail: "not found")

    @Test func theFirstTaskTakesTheBestAgentThereIs() {
        #expect(FirstTask.choose([claude, shell], signedIn: true)?.agent == "claude-code")
        #expect(FirstTask.choose([claude, shell], signedIn: false)?.agent == "shell")
        #expect(FirstTask.choose([away, shell], signedIn: true)?.agent == "shell")
        #expect(FirstTask.choose([away], signedIn: true)?.agent == nil)
    }

    @Test func aLoginIsSeenInVariablesAndFiles() throws {
        let home = try TemporaryDirectory()
        #expect(!FirstTask.seemsSignedIn([:], home: home.path))
        #expect(FirstTask.seemsSignedIn(["ANTHROPIC_API_KEY": "k"], home: home.path))
        #expect(!FirstTask.seemsSignedIn(["ANTHROPIC_API_KEY": ""], home: home.path))
        try home.write("{}", to: ".claude/.credentials.json")
        #expect(FirstTask.seemsSignedIn([:], home: home.path))
        #expect(!FirstTask.seemsSignedIn(["CLAUDE_CONFIG_DIR": "/nonexistent"], home: home.path))
    }

    @Test(arguments: [
        ("127.0.0.1", "http://127.0.0.1:1"), ("0.0.0.0", "http://127.0.0.1:1"), ("::", "http://[::1]:1"),
        ("fe80::1", "http://[fe80::1]:1"), ("box", "http://box:1"),
    ])
    func theAddressIsOneForClients(_ host: String, _ url: String) { #expect(UpReport.url(host: host, port: 1) == url) }

    @Test func theReportIsOneObjectForPrograms() throws {
        let report = UpReport(url: "http://a", user: "admin", password: nil, token: "t", device: nil)
        let object = try JSONSerialization.jsonObject(with: JSONEncoder().encode(report)) as? [String: Any]
        #expect(object?.keys.sorted() == ["password", "token", "url", "user"])
        #expect(object?["password"] is NSNull)
    }

    @Test func theSummarySaysHowToGoOn() {
        var device = DeviceChoiceTests.device("a1", "Box")
        device.agents = [away, shell]
        let report = UpReport(url: "http://a", user: "admin", password: "p", token: "t", device: device)
        let saved = report.summary(paint: .plain, program: "wegent", isSaved: true, data: "/d")
        #expect(saved.contains("is up at http://a\n"))
        #expect(saved.contains("wegent run --agent shell 'uname -a'") && !saved.contains("WEGENT_TOKEN"))
        #expect(saved.contains("claude-code: not found"))
        let other = report.summary(paint: .plain, program: "wegent", isSaved: false, data: "/d")
        #expect(other.contains("export WEGENT_BACKEND_URL=http://a WEGENT_TOKEN=t"))
    }

    @Test func theOwnDeviceGetsANewTokenInTheLastDayOfTheOldOne() async throws {
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

    @Test func aPortInUseIsNamed() throws {
        let server = try TinyServer { $0.untilClosed() }
        defer { server.stop() }
        let failure = #expect(throws: Failure.self) {
            try PortProbe.check(host: "127.0.0.1", port: Int(server.port))
        }
        #expect(failure?.description.contains("port \(server.port) of 127.0.0.1 is in use") == true)
        try PortProbe.check(host: "127.0.0.1", port: FreePort.next())
        #expect(throws: Failure.self) { try PortProbe.check(host: "203.0.113.1", port: 1025) }
    }
}

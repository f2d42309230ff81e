import Foundation
import Launch
import Messages
import TestSupport
import Testing

@testable import Executor

@Suite("The identity and the home of a device")
struct DeviceTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    @Test("The id is derived from the hardware and does not disclose it")
    func derivesID() throws {
        let hardware = "0123456789abcdef0123456789abcdef"
        let one = try DeviceIdentity.load(
            configured: nil, name: nil, home: ExecutorHome(folder.file("a")), hardware: hardware)
        let two = try DeviceIdentity.load(
            configured: nil, name: nil, home: ExecutorHome(folder.file("b")), hardware: hardware)
        #expect(one.id == two.id)
        #expect(DeviceIdentity.isValid(one.id))
        #expect(!one.id.contains(hardware.prefix(8)))
        #expect(one.name == Machine.displayName)
        #expect(one.name.hasPrefix("Linux - ") || one.name.hasPrefix("Darwin - "))
    }

    @Test("Without a hardware id a random one is stored")
    func storesRandomID() throws {
        let path = folder.file("home")
        let home = try ExecutorHome(path)
        let first = try DeviceIdentity.load(configured: nil, name: "n", home: home, hardware: nil)
        let again = try DeviceIdentity.load(configured: nil, name: "n", home: home, hardware: nil)
        let other = try DeviceIdentity.load(
            configured: nil, name: "n", home: ExecutorHome(folder.file("x")), hardware: nil)
        #expect(first.id == again.id)
        #expect(first.id != other.id)
    }

    @Test("A configured id wins and is not stored")
    func configuredIDWins() throws {
        let home = try ExecutorHome(folder.file("home"))
        #expect(try DeviceIdentity.load(configured: "my.box", name: nil, home: home, hardware: "ff").id == "my.box")
        #expect(home.read(.device) == nil)
    }

    @Test("Ids are validated")
    func validatesIDs() {
        for good in ["a", "A-z_0.9", String(repeating: "x", count: 128)] { #expect(DeviceIdentity.isValid(good)) }
        for bad in ["", "a b", "ü", "a/b", String(repeating: "x", count: 129)] { #expect(!DeviceIdentity.isValid(bad)) }
    }

    @Test("A home belongs to one executor at a time")
    func locksHome() async throws {
        let path = folder.file("home")
        var first: ExecutorHome? = try ExecutorHome(path)
        #expect(first?.path == path)
        let fault = #expect(throws: Fault.self) { try ExecutorHome(path) }
        #expect(fault?.code == .conflict)
        #expect(fault?.message.contains(path) == true)
        first = nil
        // A child of another test that is between its fork and its exec may still hold the lock.
        try await eventually("the home is free") { try ExecutorHome(path).path == path }
    }

    @Test("An agent gets what it documents, what the owner adds, and no token of the product")
    func filtersEnvironment() throws {
        let own = [
            "PATH": "/bin", "HOME": "/h", "LC_ALL": "C", "ANTHROPIC_API_KEY": "k", "CLAUDE_CONFIG_DIR": "/c",
            "WEGENT_TOKEN": "secret", "AWS_SECRET_ACCESS_KEY": "k", "https_proxy": "p", "XDG_CONFIG_HOME": "/x",
            "OPENAI_API_KEY": "o", "CLAUDECODE": "1", "OTHER": "secret", "MINE": "m",
        ]
        var configuration = ExecutorConfiguration(token: "t", home: "/nowhere", environment: own)
        configuration.passEnvironment = try EnvironmentPattern.list("MINE, WEGENT_*")
        let claude = configuration.environment(for: ClaudeAgent.self)
        #expect(Set(own.keys).subtracting(claude.keys) == ["WEGENT_TOKEN", "OPENAI_API_KEY", "CLAUDECODE", "OTHER"])
        let shell = configuration.environment(for: ShellAgent.self)
        #expect(Set(own.keys).subtracting(shell.keys) == ["WEGENT_TOKEN", "CLAUDECODE", "OTHER"])
        let id = AttemptID(task: .generate(), attempt: 2)
        let child = ChildEnvironment.make(from: own, attempt: id, boot: .generate(), adding: ["IS_SANDBOX": "1"])
        #expect(child["WEGENT_TASK"] == "\(id.task)/2" && child["WEGENT_TOKEN"] == nil && child["IS_SANDBOX"] == "1")
    }

    @Test("A pattern is a name or a prefix", arguments: [("A", true), ("A_1*", true), ("*", true), ("", false)])
    func readsPatterns(_ text: String, _ isOne: Bool) throws {
        #expect((EnvironmentPattern(text) != nil) == isOne)
        for wrong in ["1A", "A B", "A=1", "*A", "A**", "Ä"] { #expect(EnvironmentPattern(wrong) == nil, "\(wrong)") }
        let prefix: EnvironmentPattern = "A_*"
        #expect(prefix.matches("A_B") && !prefix.matches("AB"))
        #expect(throws: EnvironmentPatternError.self) { try EnvironmentPattern.list("A,B C=1") }
    }

    @Test("The report names what is passed and why, and no value")
    func reportsEnvironment() throws {
        var configuration = ExecutorConfiguration(
            token: "t", home: "/nowhere",
            environment: [
                "PATH": "value", "MY_X": "value", "WEGENT_TOKEN": "value", "AWS_REGION": "value", "CODEX_HOME": "value",
                "HTTPLIB2_CA_CERTS": "value",
            ])
        configuration.passEnvironment = try EnvironmentPattern.list("MY_*")
        let report = EnvironmentReport(configuration)
        #expect(report.passed.map(\.name) == ["AWS_REGION", "CODEX_HOME", "HOME", "HTTPLIB2_CA_CERTS", "MY_X", "PATH"])
        let tools = "for agents and tools of providers"
        #expect(report.passed[0].why == ["claude-code": "documented by the agent", "shell": tools])
        #expect(report.passed[1].why == ["shell": tools] && report.passed[1].agents == ["shell"])
        #expect(Set(report.passed[3].why.values) == ["for logins, shells and tools"])
        #expect(Set(report.passed[4].why.values) == ["added by --pass-env MY_*"])
        #expect(report.text.contains("claude-code: documented by the agent; shell: \(tools)\n"))
        #expect(report.text.contains("  added by --pass-env MY_*\n"))
        #expect(report.kept == ["WEGENT_TOKEN"] && !report.text.contains("value"))
    }

    @Test("A blank name or one with controls is refused; other languages and emoji are not")
    func refusesNames() {
        func fault(_ name: String) -> Fault? {
            let configuration = ExecutorConfiguration(token: "t", home: "/nowhere", name: name)
            do { try configuration.validate() } catch { return error as? Fault }
            return nil
        }
        for name in ["", " ", "\t", "\u{200b}", "\u{3164}", "a\nb", "a\u{1b}[31m", "a\u{7}", "a\u{2028}"] {
            #expect(fault(name)?.message.contains("--name") == true, "\(name.debugDescription)")
        }
        for name in ["x", "Büro 2", "ラップトップ", "❤️ 👨‍👩‍👧", "a b"] { #expect(fault(name) == nil, "\(name)") }
        #expect(fault(String(repeating: "x", count: 201)) != nil)
    }

    @Test("A home of the executor that cannot be used is a sentence with what to do")
    func namesUnusableHome() throws {
        let file = try folder.write("", to: "file")
        for path in [folder.file("file"), folder.file("file/below"), "/proc/wegent", "/proc/1/wegent/below"] {
            let fault = #expect(throws: Fault.self) { try ExecutorHome(path) }
            #expect(fault?.code == .storageFailed && fault?.message.contains("--home") == true, "\(path) \(file)")
            #expect(fault?.message.contains("Error Domain") == false)
        }
    }

    @Test("A home of the user that is missing or not writable is named with what to do")
    func namesUserHome() throws {
        #expect(UserHome(["HOME": folder.path]).problem == nil)
        #expect(UserHome(["HOME": folder.file("gone")]).problem?.contains("does not exist") == true)
        #expect(UserHome(["HOME": "/proc/self/status"]).problem?.contains("not a directory") == true)
        // Root may write everywhere but on a read-only file system.
        if getuid() != 0 { #expect(UserHome(["HOME": "/usr"]).problem?.contains("set HOME") == true) }
        #expect(UserHome([:]).path.hasPrefix("/") && UserHome(["HOME": ""]).path == UserHome([:]).path)
    }

    @Test(
        "Agents that are not ready are checked each minute, all of them less often, and one that a task finds at once")
    func checksAgents() {
        let start = ContinuousClock.now
        var probing = AgentProbing(every: 600, now: start)
        let ready = Agent(name: "a", version: "1", ready: true, detail: nil)
        let gone = Agent(name: "b", version: nil, ready: false, detail: "install it")
        #expect(probing.due([ready, gone], now: start + .seconds(59)) == nil)
        #expect(probing.due([ready, gone], now: start + .seconds(60)) == .missing)
        #expect(probing.due([ready], now: start + .seconds(60)) == nil)
        probing.begins(.missing, now: start + .seconds(60))
        #expect(probing.due([ready, gone], now: start + .seconds(119)) == nil)
        #expect(probing.due([ready, gone], now: start + .seconds(600)) == .all)
        #expect(AgentProbing.isOutdated([ready, gone], by: "b") && !AgentProbing.isOutdated([ready, gone], by: "a"))
        var newer = ready
        newer.version = "2"
        var found = gone
        (found.ready, found.version) = (true, "3")
        #expect(
            AgentProbing.changes(from: [ready, gone], to: [newer, found]) == ["a is now 2, and was 1", "b 3 is ready"])
        #expect(AgentProbing.changes(from: [found], to: [gone]) == ["b is not ready any more: install it"])
        #expect(AgentProbing.changes(from: [ready, gone], to: [ready, gone]) == [])
    }

    @Test("Options that cannot work are refused by name")
    func refusesOptions() {
        func code(_ change: (inout ExecutorConfiguration) -> Void) -> Fault? {
            var configuration = ExecutorConfiguration(token: "t", home: "/nowhere")
            change(&configuration)
            do {
                try configuration.validate()
                return nil
            } catch { return error as? Fault ?? (error as? Misconfiguration)?.fault }
        }
        #expect(code { _ in } == nil)
        #expect(code { $0.token = "" }?.message.contains("WEGENT_TOKEN") == true)
        #expect(code { $0.name = " " }?.message.contains("--name") == true)
        #expect(code { $0.name = "a\u{7}" }?.message.contains("--name") == true)
        #expect(code { $0.passEnvironment = ["WEGENT_TOKEN"] }?.message.contains("--pass-env") == true)
        #expect(code { $0.slots = 0 }?.message.contains("--slots") == true)
        #expect(code { $0.permissionMode = .bypass }?.message.contains("--allow-bypass") == true)
        #expect(code { $0.deviceID = "a b" }?.message.contains("--device-id") == true)
        #expect(code { $0.allowDirs = ["src"] }?.message.contains("--allow-dir") == true)
        #expect(code { $0.backendURL = "ftp://x" }?.message.contains("ftp://x") == true)
    }
}

import Foundation
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

    @Test("A child gets the environment it needs, and no token")
    func filtersEnvironment() {
        let own = [
            "PATH": "/bin", "HOME": "/h", "LC_ALL": "C", "ANTHROPIC_API_KEY": "k", "CLAUDE_CONFIG_DIR": "/c",
            "WEGENT_TOKEN": "secret", "AWS_SECRET_ACCESS_KEY": "secret", "https_proxy": "p", "XDG_CONFIG_HOME": "/x",
        ]
        let id = AttemptID(task: .generate(), attempt: 2)
        let child = ChildEnvironment.make(from: own, attempt: id, boot: .generate(), adding: ["IS_SANDBOX": "1"])
        #expect(!child.values.contains("secret"))
        #expect(child["WEGENT_TASK"] == "\(id.task)/2")
        for name in ["PATH", "HOME", "LC_ALL", "ANTHROPIC_API_KEY", "CLAUDE_CONFIG_DIR", "https_proxy", "IS_SANDBOX"] {
            #expect(child[name] != nil, "\(name)")
        }
    }

    @Test("Options that cannot work are refused by name")
    func refusesOptions() {
        func code(_ change: (inout ExecutorConfiguration) -> Void) -> Fault? {
            var configuration = ExecutorConfiguration(token: "t", home: "/nowhere")
            change(&configuration)
            do {
                try configuration.validate()
                return nil
            } catch { return error as? Fault }
        }
        #expect(code { _ in } == nil)
        #expect(code { $0.token = "" }?.message.contains("WEGENT_TOKEN") == true)
        #expect(code { $0.slots = 0 }?.message.contains("--slots") == true)
        #expect(code { $0.permissionMode = .bypass }?.message.contains("--allow-bypass") == true)
        #expect(code { $0.deviceID = "a b" }?.message.contains("--device-id") == true)
        #expect(code { $0.allowDirs = ["src"] }?.message.contains("--allow-dir") == true)
        #expect(code { $0.backendURL = "ftp://x" }?.message.contains("ftp://x") == true)
    }
}

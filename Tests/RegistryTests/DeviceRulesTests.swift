import Messages
import Testing

@testable import Registry

@Suite("The checks of registrations and reports")
struct DeviceRulesTests {
    @Test("Ordinary registrations pass", arguments: ["a", "box-1.local_x", String(repeating: "x", count: 128)])
    func good(_ id: String) throws {
        try DeviceRules.check(Samples.register(id))
        try DeviceRules.check(Samples.register(name: "Büro – Mac 💻", slots: 1000))
    }

    @Test(
        "Ids that cannot be are refused",
        arguments: ["", "a b", "a/b", "ü", "a\n", "cloud", "default", String(repeating: "x", count: 129)])
    func ids(_ id: String) { refused(Samples.register(id)) }

    @Test(
        "Names that cannot be are refused",
        arguments: [
            "", "a\nb", "a\u{9b}2Jb", "a\u{85}", "a\u{2028}b", "a\u{2029}b", "\u{7f}",
            String(repeating: "x", count: 201), " ", "\u{a0}\u{3000}", "\u{200b}", "\u{2060}\u{feff}", "\u{202e}",
            "\u{3164}", "\u{2800}",
        ])
    func names(_ name: String) { refused(Samples.register(name: name)) }

    @Test("Slots out of range are refused", arguments: [0, -1, 1001, .max])
    func slots(_ slots: Int) { refused(Samples.register(slots: slots)) }

    @Test("Generations out of range are refused", arguments: [1 << 53, 1 << 63, .max] as [UInt64])
    func generations(_ generation: UInt64) throws {
        refused(Samples.register(generation: generation))
        try DeviceRules.check(Samples.register(generation: (1 << 53) - 1))
    }

    @Test("Too many agents are refused")
    func agents() {
        var register = Samples.register()
        register.agents = Array(repeating: Agent(name: "a", version: nil, ready: true, detail: nil), count: 33)
        refused(register)
        register.agents = [Agent(name: "a", version: nil, ready: true, detail: String(repeating: "x", count: 1001))]
        refused(register)
    }

    @Test(
        "A rename to such a name is refused with a sentence", arguments: [" ", "\u{200b}", "a\tb", "a\u{1b}]0;x\u{7}"])
    func renames(_ name: String) {
        let update = DeviceUpdate(owner: .generate(), device: "box", name: name)
        let fault = #expect(throws: Fault.self) { try update.check() }
        #expect(fault?.code == .invalidRequest && fault?.message.hasPrefix("'name' must ") == true)
    }

    @Test("Directories and modes beyond a list's room are unknown or refused")
    func directories() {
        #expect(DeviceRules.listed(["/srv/app", "/"]) == ["/srv/app", "/"] && DeviceRules.listed([]) == [])
        #expect(DeviceRules.listed(nil) == nil && DeviceRules.listed(["/a\nb"]) == nil)
        #expect(DeviceRules.listed(Array(repeating: "/a", count: 65)) == nil)
        #expect(DeviceRules.listed(["/" + String(repeating: "x", count: 1024)]) == nil)
        var register = Samples.register()
        register.agents = [
            Agent(
                name: "a", version: nil, ready: true, detail: nil,
                permissionModes: Array(repeating: .ask, count: 17))
        ]
        refused(register)
    }

    @Test("Reports out of range are refused", arguments: [(0, 0), (-1, 5), (0, 1001), (1001, 5)])
    func reports(_ used: Int, _ total: Int) {
        let fault = #expect(throws: Fault.self) { try DeviceRules.check(Samples.report(used, of: total)) }
        #expect(fault?.code == .invalidRequest)
    }

    private func refused(_ register: DeviceRegister) {
        let fault = #expect(throws: Fault.self) { try DeviceRules.check(register) }
        #expect(fault?.code == .invalidRequest)
    }
}

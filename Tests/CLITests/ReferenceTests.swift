import Messages
import Testing

@testable import CLI

@Suite("Devices and ids on the command line")
struct ReferenceTests {
    static func device(_ id: String, _ name: String) -> DeviceBody {
        DeviceBody(
            Device(
                owner: .generate(), id: id, name: name, status: .online, slots: Slots(used: 2, total: 5),
                agents: [Agent(name: "shell", version: nil, ready: true, detail: nil)]))
    }

    let devices =
        [device("a1", "Box"), device("b2", "box"), device("c3", "Laptop"), device("Laptop", "other")]
        + [device("d4", "Twin"), device("e5", "Twin")]

    @Test(
        "A device is found by id, exact name, or name in other letter case",
        arguments: [("a1", "a1"), ("Box", "a1"), ("box", "b2"), ("Laptop", "Laptop"), ("laptop", "c3")])
    func findsDevice(_ text: String, _ id: String) throws {
        #expect(try DeviceReference.find(text, in: devices).id == id)
    }

    @Test("The error for an ambiguous name lists the ids")
    func ambiguousName() {
        let failure = #expect(throws: CommandError.self) { try DeviceReference.find("Twin", in: devices) }
        #expect(failure?.description == "2 devices are named 'Twin'; use an id instead: d4, e5")
        #expect(throws: CommandError.self) { try DeviceReference.find("BOX", in: devices) }
    }

    @Test("The error for an unknown name lists the devices")
    func unknownName() {
        let failure = #expect(throws: CommandError.self) {
            try DeviceReference.find("nope", in: [Self.device("a1", "Box"), Self.device("c3", "Laptop")])
        }
        #expect(failure?.description == "there is no device 'nope'; you have 'Box', 'Laptop'")
        let none = #expect(throws: CommandError.self) { try DeviceReference.find("nope", in: []) }
        #expect(none?.description.contains("wegent-executor --mode local") == true)
    }

    @Test(
        "A device is found by a part of its name or the beginning of its id, if only one has it",
        arguments: [("apto", "0f6c2a8e5b"), ("BUILD", "f378901351"), ("0f6c2a", "0f6c2a8e5b"), ("café", "77aa")])
    func findsByPart(_ text: String, _ id: String) throws {
        let devices = [
            Self.device("0f6c2a8e5b", "laptop"), Self.device("f378901351", "Linux - build-box"),
            Self.device("77aa", "CAFE\u{301} box"),
        ]
        #expect(try DeviceReference.find(text, in: devices).id == id)
        let many = #expect(throws: CommandError.self) { try DeviceReference.find("box", in: devices) }
        #expect(
            many?.description == "'box' is a part of 2 devices' names; type more of one: "
                + "'Linux - build-box' (f378901351), 'CAFE\u{301} box' (77aa)")
        for text in ["", " ", "0f6c"] {
            #expect(throws: CommandError.self) { try DeviceReference.find(text, in: devices) }
        }
    }

    @Test("Hidden marks in names are shown escaped")
    func escapesNames() {
        let device = Self.device("a1", "Box\u{202e}xob\u{200b}")
        let failure = #expect(throws: CommandError.self) { try DeviceReference.find("no\u{200b}pe", in: [device]) }
        #expect(
            failure?.description == #"there is no device 'no\u{200b}pe'; you have 'Box\u{202e}xob\u{200b}'"#)
        #expect(ListDevices.table([device], now: .now()).rows[0][1] == #"Box\u{202e}xob\u{200b}"#)
    }

    @Test("A prefix of an id finds the task if it is unambiguous")
    func findsByPrefix() throws {
        let ids = ["019a2b3c-4d5e-7f60-8a1b-2c3d4e5f6071", "019a2b3c-4d5f-7f60-8a1b-2c3d4e5f6071"]
        func match(_ text: String) throws -> String? { try IDPrefix.match(text, ids, "tasks") { $0 } }
        #expect(try match("019a2b3c-4d5f") == ids[1])
        let many = #expect(throws: CommandError.self) { try match("019a2b3c") }
        #expect(many?.description == "2 tasks have an id that begins with 019a2b3c; type more characters")
        #expect(try match("ffffff") == nil)
        for text in ["019a2", "xyzxyz", ""] {
            #expect(throws: (any Error).self) { try IDPrefix.check(text, "a task", command: "tasks") }
        }
    }
}

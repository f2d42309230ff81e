import Messages
import Testing

@testable import CLI

struct DeviceChoiceTests {
    static func device(_ id: String, _ name: String) -> DeviceItem {
        DeviceItem(
            id: id, name: name, status: .online, isDefault: false, slots: Slots(used: 2, total: 5),
            agents: [Agent(name: "shell", version: nil, ready: true, detail: nil)])
    }

    let devices =
        [device("a1", "Box"), device("b2", "box"), device("c3", "Laptop"), device("Laptop", "other")]
        + [device("d4", "Twin"), device("e5", "Twin")]

    @Test(arguments: [("a1", "a1"), ("Box", "a1"), ("box", "b2"), ("Laptop", "Laptop"), ("laptop", "c3")])
    func finds(_ text: String, _ id: String) throws {
        #expect(try DeviceChoice.find(text, in: devices).id == id)
    }

    @Test func ambiguousNamesListTheirIDs() {
        let failure = #expect(throws: Failure.self) { try DeviceChoice.find("Twin", in: devices) }
        #expect(failure?.description == "2 devices are named 'Twin'; say which one by its id: d4, e5")
        #expect(throws: Failure.self) { try DeviceChoice.find("BOX", in: devices) }
    }

    @Test func unknownNamesListWhatThereIs() {
        let failure = #expect(throws: Failure.self) {
            try DeviceChoice.find("nope", in: [Self.device("a1", "Box"), Self.device("c3", "Laptop")])
        }
        #expect(failure?.description == "there is no device 'nope'; you have 'Box', 'Laptop'")
        let none = #expect(throws: Failure.self) { try DeviceChoice.find("nope", in: []) }
        #expect(none?.description.contains("wegent-executor --mode local") == true)
    }

    @Test func tasksMayBeAbbreviated() throws {
        let ids = ["019a2b3c-4d5e-7f60-8a1b-2c3d4e5f6071", "019a2b3c-4d5f-7f60-8a1b-2c3d4e5f6071"]
        func match(_ text: String) throws -> String? { try Shortened.match(text, ids, "tasks") { $0 } }
        #expect(try match("019a2b3c-4d5f") == ids[1])
        let many = #expect(throws: Failure.self) { try match("019a2b3c") }
        #expect(many?.description == "2 tasks begin with 019a2b3c; give more of the id")
        #expect(try match("ffffff") == nil)
        for text in ["019a2", "xyzxyz", ""] {
            #expect(throws: (any Error).self) { try Shortened.check(text, "a task", list: "tasks") }
        }
    }
}

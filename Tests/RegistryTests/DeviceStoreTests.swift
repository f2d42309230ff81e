import GRDB
import Messages
import Storage
import TestSupport
import Testing

@testable import Registry

@Suite("Devices on disk", .timeLimit(.minutes(1)))
struct DeviceStoreTests {
    let folder: TemporaryDirectory
    let store: Store
    let key = DeviceKey(owner: Samples.anna, id: "box")

    init() async throws {
        folder = try TemporaryDirectory()
        store = try await Store(path: folder.file("registry.db"), migrations: DeviceStore.migrations)
    }

    private func registration(_ generation: UInt64, name: String = "first", id: String = "box") -> DeviceRegistration {
        let register = Samples.register(id, name: name)
        return DeviceRegistration(
            key: DeviceKey(owner: Samples.anna, id: id), generation: generation, known: generation,
            route: Samples.route(1),
            boot: register.boot, name: name, slots: 5, version: "0.1.0", agents: register.agents,
            platform: register.platform, at: Samples.start)
    }

    private func rows() async throws -> [DeviceRow] {
        try await store.read { try DeviceStore.load($0) }
    }

    @Test("A registration is read back whole")
    func roundTrip() async throws {
        let registration = registration(3)
        let name = try await store.write { try DeviceStore.register(registration, in: $0) }
        #expect(name == "first")
        let row = try #require(try await rows().first)
        #expect(row.key == key && !row.deleted)
        #expect(
            row.record
                == DeviceRecord(
                    name: "first", total: 5, version: "0.1.0", agents: registration.agents,
                    platform: registration.platform, lastSeenAt: Samples.start, generation: 3))
    }

    @Test("A machine may change its own name, and a deleted device keeps its generation")
    func names() async throws {
        let (first, second, third) = (registration(1), registration(2, name: "second"), registration(3, name: "third"))
        _ = try await store.write { try DeviceStore.register(first, in: $0) }
        let result1 = try await store.write { try DeviceStore.register(second, in: $0) }
        #expect(result1 == "second")
        let result2 = try await store.write { [key] in try DeviceStore.delete(key, at: Samples.start, in: $0) }
        #expect(result2)
        let result3 = try await store.write { [key] in try !DeviceStore.delete(key, at: Samples.start, in: $0) }
        #expect(result3)
        let deleted = try #require(try await rows().first)
        #expect(deleted.deleted && deleted.generation == 2)
        let result4 = try await store.write { try DeviceStore.register(third, in: $0) }
        #expect(result4 == "third")
        #expect(try await rows().map(\.deleted) == [false])
    }

    private func update(_ update: DeviceUpdate) async throws -> DeviceStore.Update {
        try await store.write { [key] in try DeviceStore.update(key, update, in: $0) }
    }

    @Test("An owner's name outlasts registrations until it is cleared or the device deleted")
    func ownNames() async throws {
        let ask = DeviceUpdate(owner: Samples.anna, device: "box", name: "build box")
        #expect(try await update(ask) == .missing)
        for (generation, name) in [(1, "first"), (2, "second")] as [(UInt64, String)] {
            let next = registration(generation, name: name)
            let shown = try await store.write { try DeviceStore.register(next, in: $0) }
            #expect(shown == (generation == 1 ? "first" : "build box"))
            if generation == 1 { #expect(try await update(ask) == .updated(name: "build box", labels: [:])) }
        }
        #expect(try await rows().map(\.record.name) == ["build box"])
        let nothing = DeviceUpdate(owner: Samples.anna, device: "box")
        #expect(try await update(nothing) == .updated(name: "build box", labels: [:]))
        let back = DeviceUpdate(owner: Samples.anna, device: "box", name: "")
        #expect(try await update(back) == .updated(name: "second", labels: [:]))

        let both = DeviceUpdate(owner: Samples.anna, device: "box", name: "mine", set: ["gpu": ""])
        #expect(try await update(both) == .updated(name: "mine", labels: ["gpu": ""]))
        _ = try await store.write { [key] in try DeviceStore.delete(key, at: Samples.start, in: $0) }
        #expect(try await update(back) == .missing)
        let third = registration(3, name: "third")
        let shown = try await store.write { try DeviceStore.register(third, in: $0) }
        #expect(shown == "third")
        #expect(try await rows().map(\.record.labels) == [[:]])
    }

    @Test("Labels are added, changed and removed, within the limit")
    func labels() async throws {
        let first = registration(1)
        _ = try await store.write { try DeviceStore.register(first, in: $0) }
        func change(_ set: [String: String], remove: [String] = []) async throws -> DeviceStore.Update {
            try await update(DeviceUpdate(owner: Samples.anna, device: "box", set: set, remove: remove))
        }
        #expect(try await change(["a": "1", "b": "2"]) == .updated(name: "first", labels: ["a": "1", "b": "2"]))
        let changed = ["b": "3", "c": "4"]
        #expect(
            try await change(["b": "3", "c": "4"], remove: ["a", "none"]) == .updated(name: "first", labels: changed))
        let many = Dictionary(uniqueKeysWithValues: (1...31).map { ("x\($0)", "") })
        #expect(try await change(many) == .tooManyLabels(33))
        #expect(try await rows().map(\.record.labels) == [changed])
        #expect(
            try await change(many, remove: ["b"]) == .updated(name: "first", labels: many.merging(["c": "4"]) { $1 }))
        let second = registration(2)
        _ = try await store.write { try DeviceStore.register(second, in: $0) }
        #expect(try await rows().map(\.record.labels.count) == [32])
    }

    @Test("The index enforces one star, and a deleted device has none")
    func stars() async throws {
        for id in ["a", "b"] {
            let registration = registration(1, id: id)
            _ = try await store.write { try DeviceStore.register(registration, in: $0) }
        }
        for id in ["a", "b"] {
            let key = DeviceKey(owner: Samples.anna, id: id)
            let result5 = try await store.write { try DeviceStore.star(key, on: true, in: $0) }
            #expect(result5)
        }
        #expect(try await rows().map(\.record.isDefault) == [false, true])
        await #expect(throws: DatabaseError.self) {
            try await store.write { try $0.execute(sql: "UPDATE device SET starred = 1") }
        }
        let unknown = DeviceKey(owner: Samples.anna, id: "none")
        let result6 = try await store.write { try !DeviceStore.star(unknown, on: false, in: $0) }
        #expect(result6)
        let starredUnknown = try await store.write { try DeviceStore.star(unknown, on: true, in: $0) }
        #expect(!starredUnknown)
        #expect(try await rows().map(\.record.isDefault) == [false, true], "a star that cannot move stays")
        let b = DeviceKey(owner: Samples.anna, id: "b")
        _ = try await store.write { try DeviceStore.delete(b, at: Samples.start, in: $0) }
        let result7 = try await store.write { try !DeviceStore.star(b, on: true, in: $0) }
        #expect(result7)
        #expect(try await rows().map(\.record.isDefault) == [false, false])
    }

    @Test("A late save neither brings a deleted device back nor overwrites a newer registration")
    func lateSave() async throws {
        let first = registration(1)
        _ = try await store.write { try DeviceStore.register(first, in: $0) }
        var row = try #require(try await rows().first)
        row.record.total = 9
        let (late, second) = (row, registration(2))
        try await store.write { try DeviceStore.save([late], in: $0) }
        #expect(try await rows().first?.record.total == 9)
        _ = try await store.write { try DeviceStore.register(second, in: $0) }
        try await store.write { try DeviceStore.save([late], in: $0) }
        #expect(try await rows().first?.record.total == 5)
        _ = try await store.write { [key] in try DeviceStore.delete(key, at: Samples.start, in: $0) }
        try await store.write { try DeviceStore.save([late], in: $0) }
        #expect(try await rows().map(\.deleted) == [true])
    }
}

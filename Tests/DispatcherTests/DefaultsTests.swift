import Messages
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Owners' defaults")
struct DefaultsTests {
    @Test("Defaults hold for later tasks of their owner only")
    func defaults() async throws {
        let folder = try TemporaryDirectory()
        try await Rig.run(folder: folder) { rig in
            let before = try await rig.gateway.submit(target: .cloud)
            let empty = try await rig.gateway.ask(DefaultsGet(owner: Sample.owner))
            #expect(empty.chosen == Choices())
            #expect(empty.effective == Choices(graceS: 30).filled(from: .standard))
            let set = Choices(priority: .high, ifOffline: .wait, graceS: 7, permissionMode: .plan)
            let view = try await rig.gateway.ask(DefaultsSet(owner: Sample.owner, set: set))
            #expect(view.chosen == set && view.effective == set.filled(from: .standard))

            let task = try await rig.gateway.submit(target: .cloud)
            #expect(task.choices == set.filled(from: .standard))
            // The task's own choice overrides the default.
            let said = try await rig.gateway.submit(target: .cloud, choices: Choices(priority: .low, graceS: 0))
            #expect(said.choices?.priority == .low && said.choices?.graceS == 0 && said.choices?.ifOffline == .wait)
            #expect(try await rig.gateway.view(before.id).choices == before.choices)
            let stranger = UserID.generate()
            #expect(try await rig.gateway.ask(DefaultsGet(owner: stranger)).chosen == Choices())
            #expect(try await rig.gateway.submit(owner: stranger, target: .cloud).choices?.priority == .normal)
        }
        // They survive a restart, and each can be cleared alone.
        try await Rig.run(folder: folder, at: 60) { rig in
            let change = DefaultsSet(
                owner: Sample.owner, set: Choices(timeoutS: 60), clear: ["priority", "permission_mode"])
            let view = try await rig.gateway.ask(change)
            #expect(view.chosen == Choices(ifOffline: .wait, graceS: 7, timeoutS: 60))
            let none = DefaultsSet(owner: Sample.owner, set: Choices(), clear: Choices.names)
            #expect(try await rig.gateway.ask(none).chosen == Choices())
            #expect(try await rig.column("SELECT count(*) FROM defaults") == 0)
        }
    }

    @Test("Invalid defaults are refused")
    func invalid() async throws {
        try await Rig.run { rig in
            func set(_ choices: Choices, clear: [String] = []) async -> Fault? {
                await fault {
                    _ = try await rig.gateway.ask(DefaultsSet(owner: Sample.owner, set: choices, clear: clear))
                }
            }
            #expect(await set(Choices(graceS: -1))?.message.contains("'grace_s'") == true)
            #expect(await set(Choices(priority: Priority(rawValue: "urgent")))?.code == .invalidRequest)
            #expect(await set(Choices(), clear: ["colour"])?.message.contains("'colour'") == true)
            #expect(try await rig.gateway.ask(DefaultsGet(owner: Sample.owner)).chosen == Choices())
            try await rig.meddle(
                "CREATE TRIGGER refuse BEFORE INSERT ON defaults BEGIN SELECT RAISE(ABORT, 'refused'); END;")
            #expect(await set(Choices(graceS: 1))?.code == .storageFailed)
            // The other defaults stay.
            #expect(try await rig.gateway.submit(target: .cloud).choices?.graceS == 30)
        }
    }
}

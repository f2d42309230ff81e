import Mesh
import Messages
import Storage
import TestSupport
import Testing

@testable import Registry

@Suite("The registry on the mesh", .timeLimit(.minutes(2)))
struct RegistryServerTests {
    @Test("A device registers, reports and goes; watchers and the list show each step")
    func life() async throws {
        let registry = try await RegistryHarness()
        let gateway = try await registry.dial()
        var watch = gateway.peer.items(DeviceWatch()).makeAsyncIterator()
        let snapshot = try #require(try await watch.next())
        #expect(snapshot.snapshot && !snapshot.more && snapshot.devices.isEmpty)

        let registered = try await gateway.register(session: 1, generation: 6)
        #expect(registered == DeviceRegistered(device: "box", name: "Linux - box", generation: 7))
        let came = try #require(try await watch.next())
        #expect(came.devices.map(\.status) == [.online])
        #expect(came.devices.first?.route == Route(gateway: gateway.identity.incarnation, session: SessionNumber(1)))

        gateway.peer.send(Samples.report(5), session: 1)
        #expect(try await watch.next()?.devices.first?.status == .busy)
        #expect(try await gateway.device()?.slots == Slots(used: 5, total: 5))

        // The end of an old session has no effect: the next item is that of the current one.
        gateway.peer.send(DeviceGone(owner: Samples.anna, device: "box", generation: 6, reason: "late"))
        gateway.peer.send(DeviceGone(owner: Samples.anna, device: "box", generation: 7, reason: "closed"))
        let went = try #require(try await watch.next())
        #expect(went.devices.map(\.status) == [.offline])
        #expect(went.revision == came.revision + 2)
        await registry.stop()
    }

    @Test("Wrong registrations get a clear fault, and the registry goes on")
    func refused() async throws {
        let registry = try await RegistryHarness()
        let gateway = try await registry.dial()
        let elsewhere = Samples.register(route: Samples.route(1))
        for wrong in [Samples.register("a b"), Samples.register(), Samples.register(owner: nil), elsewhere] {
            let fault = await #expect(throws: Fault.self) { try await gateway.peer.request(wrong) }
            #expect(fault?.code == .invalidRequest)
        }
        _ = try await gateway.register(session: 1)
        #expect(try await gateway.devices().count == 1)
        await registry.stop()
    }

    @Test("A user has at most --user-devices devices; known ones register on, and a deleted one makes room")
    func deviceLimit() async throws {
        let registry = try await RegistryHarness(userDevices: 3)
        var handlers = Handlers()
        handlers.onRequest(SessionProbe.self) { _, _ in SessionProbed(alive: true) }
        let gateway = try await registry.dial(handlers: handlers)
        for number in 1...3 as ClosedRange<UInt64> { _ = try await gateway.register("box\(number)", session: number) }
        for (id, boot) in [("box4", BootID(high: 7, low: 7)), ("box1", BootID(high: 8, low: 8))] {
            // The second one has the id of a living device, and would become box1-2.
            let fault = await #expect(throws: Fault.self) { try await gateway.register(id, session: 9, boot: boot) }
            #expect(fault?.code == .deviceLimit)
        }
        #expect(try await gateway.devices().count == 3)
        _ = try await gateway.register("box2", session: 12)
        let other = UserID.generate()
        _ = try await gateway.register("box4", session: 14, owner: other)
        _ = try await gateway.peer.request(DeviceDelete(owner: Samples.anna, device: "box3"))
        _ = try await gateway.register("box4", session: 15)
        #expect(try await gateway.devices().map(\.id) == ["box1", "box2", "box4"])
        await registry.stop()
    }

    @Test("Devices are listed in pages, each once, also while they come and go")
    func pages() async throws {
        let registry = try await RegistryHarness()
        let gateway = try await registry.dial()
        for number in 10..<22 as Range<UInt64> { _ = try await gateway.register("box\(number)", session: number) }
        var (seen, next): ([String], String?) = ([], nil)
        repeat {
            let page = try await gateway.peer.request(DeviceList(owner: Samples.anna, limit: 5, before: next))
            #expect(page.total == (seen.isEmpty ? 12 : 11) && page.devices.count <= 5)
            // The device at which the page ended is deleted.
            if seen.isEmpty { _ = try await gateway.peer.request(DeviceDelete(owner: Samples.anna, device: "box14")) }
            seen += page.devices.map(\.id)
            next = page.next
        } while next != nil
        #expect(seen == (10..<22).map { "box\($0)" })
        let named = try await gateway.peer.request(DeviceList(owner: Samples.anna, limit: 5, named: "linux - BOX20"))
        #expect(named.devices.map(\.id) == ["box20"] && named.next == nil)
        for wrong in [
            DeviceList(owner: Samples.anna, limit: 0), DeviceList(owner: Samples.anna, limit: 5, before: "box14"),
        ] {
            let fault = await #expect(throws: Fault.self) { try await gateway.peer.request(wrong) }
            #expect(fault?.code == .invalidRequest)
        }
        await registry.stop()
    }

    @Test("Devices with the longest texts fit their pages")
    func fatPages() async throws {
        let agent = Agent(
            name: String(repeating: "\"", count: 200), version: String(repeating: "\"", count: 200), ready: true,
            detail: String(repeating: "\u{1}", count: 1000))
        let devices = (0..<1000).map { number in
            Device(
                owner: Samples.anna, id: "box\(number)", name: "n\(number)", status: .offline,
                slots: Slots(used: 0, total: 5), agents: Array(repeating: agent, count: 32))
        }.sorted { ($0.name, $0.id) < ($1.name, $1.id) }
        var (count, next): (Int, String?) = (0, nil)
        repeat {
            let page = try DevicePage.of(devices, DeviceList(owner: Samples.anna, limit: 200, before: next))
            #expect(try Wire.encode(page).count <= Limits.meshMessage)
            count += page.devices.count
            next = page.next
        } while next != nil
        #expect(count == 1000)
    }

    @Test("A gateway that leaves or dies takes its devices offline at once")
    func gatewayGone() async throws {
        let registry = try await RegistryHarness()
        let (first, second) = (try await registry.dial(), try await registry.dial())
        _ = try await first.register("a", session: 1)
        _ = try await second.register("b", session: 1)
        await first.link.close()
        try await eventually("the device behind it to be offline") {
            try await second.device("a")?.status == .offline
        }
        #expect(try await second.device("b")?.status == .online)
        await registry.stop()
    }

    @Test("Devices, stars and generations outlive the registry; sessions do not")
    func restart() async throws {
        let before = try await RegistryHarness()
        let gateway = try await before.dial()
        for id in ["a", "b"] { _ = try await gateway.register(id, session: id == "a" ? 1 : 2) }
        _ = try await gateway.peer.request(DeviceStar(owner: Samples.anna, device: "b", on: true))
        gateway.peer.send(Samples.report(3, of: 4), session: 1)
        // Messages are handled in order, so the report is applied.
        #expect(try await gateway.device("a")?.slots == Slots(used: 3, total: 4))
        await before.stop()

        let after = try await RegistryHarness(before.folder)
        let again = try await after.dial()
        let devices = try await again.devices()
        #expect(devices.map(\.status) == [.unknown, .unknown])
        #expect(devices.map(\.statusReason) == [.registryRestarted, .registryRestarted])
        #expect(devices.map(\.isDefault) == [false, true])
        #expect(devices.first?.slots == Slots(used: 0, total: 4))
        #expect(devices.allSatisfy { $0.route == nil && $0.lastSeenAt != nil })
        // The executor has lost its generation; the registry has not.
        #expect(try await again.register("a", session: 1).generation == 2)
        #expect(try await again.device("a")?.status == .online)
        await after.stop()
    }

    @Test("An owner's name for a device is seen at once, and outlives sessions and restarts")
    func names() async throws {
        let before = try await RegistryHarness()
        let gateway = try await before.dial()
        _ = try await gateway.register(session: 1)
        var watch = gateway.peer.items(DeviceWatch(owner: Samples.anna)).makeAsyncIterator()
        #expect(try await watch.next()?.devices.first?.labels == nil)
        let update = DeviceUpdate(
            owner: Samples.anna, device: "box", name: "build box", set: ["env": "ci", "gpu": ""], remove: ["none"])
        let answer = try await gateway.peer.request(update)
        #expect(answer.devices.map(\.name) == ["build box"])
        let told = try #require(try await watch.next()?.devices.first)
        #expect(told.name == "build box" && told.labels == ["env": "ci", "gpu": ""])
        #expect(answer.devices == [told])
        #expect(try await gateway.register(session: 2, generation: 1).name == "build box")
        let foreign = await #expect(throws: Fault.self) {
            try await gateway.peer.request(DeviceUpdate(owner: Samples.bert, device: "box", name: "mine"))
        }
        #expect(foreign?.code == .deviceNotFound)
        await before.stop()

        let after = try await RegistryHarness(before.folder)
        let again = try await after.dial()
        #expect(try await again.device()?.name == "build box")
        #expect(try await again.register(session: 1).name == "build box")
        #expect(try await again.device()?.labels == ["env": "ci", "gpu": ""])
        let back = DeviceUpdate(owner: Samples.anna, device: "box", name: "", remove: ["env", "gpu"])
        let own = try #require(try await again.peer.request(back).devices.first)
        #expect(own.name == "Linux - box" && own.labels == nil)
        await after.stop()
    }

    @Test("Invalid names and labels are refused with the field, and nothing is changed")
    func wrongNames() async throws {
        let registry = try await RegistryHarness()
        let gateway = try await registry.dial()
        _ = try await gateway.register(session: 1)
        let long = String(repeating: "x", count: 201)
        let many = Dictionary(uniqueKeysWithValues: (1...33).map { ("x\($0)", "") })
        for (name, set, remove, word) in [
            (long, nil, [], "'name'"), ("a\nb", nil, [], "'name'"), (nil, ["A": "1"], [], "'A'"),
            (nil, ["": "1"], [], "''"), (nil, ["a": long], [], "'a'"), (nil, ["a": "\u{7f}"], [], "'a'"),
            (nil, nil, ["a b"], "'a b'"), ("fine", many, [], "33"),
        ] as [(String?, [String: String]?, [String], String)] {
            let update = DeviceUpdate(owner: Samples.anna, device: "box", name: name, set: set, remove: remove)
            let fault = await #expect(throws: Fault.self) { try await gateway.peer.request(update) }
            #expect(fault?.code == .invalidRequest && fault?.message.contains(word) == true, "\(update)")
        }
        #expect(try await gateway.device()?.name == "Linux - box")
        #expect(try await gateway.device()?.labels == nil)
        await registry.stop()
    }

    @Test("An owner can star and delete only its own devices")
    func ownDevices() async throws {
        let registry = try await RegistryHarness()
        let gateway = try await registry.dial()
        _ = try await gateway.register(session: 1)
        for owner in [Samples.anna, Samples.bert] {
            let unknown = owner == Samples.anna ? "other" : "box"
            let star = await #expect(throws: Fault.self) {
                try await gateway.peer.request(DeviceStar(owner: owner, device: unknown, on: true))
            }
            #expect(star?.code == .deviceNotFound)
            let delete = await #expect(throws: Fault.self) {
                try await gateway.peer.request(DeviceDelete(owner: owner, device: unknown))
            }
            #expect(delete?.code == .deviceNotFound)
        }
        var watch = gateway.peer.items(DeviceWatch(owner: Samples.anna)).makeAsyncIterator()
        #expect(try await watch.next()?.devices.count == 1)
        _ = try await gateway.peer.request(DeviceStar(owner: Samples.anna, device: "box", on: true))
        #expect(try await watch.next()?.devices.first?.isDefault == true)
        _ = try await gateway.peer.request(DeviceDelete(owner: Samples.anna, device: "box"))
        #expect(try await watch.next()?.removed == [RemovedDevice(owner: Samples.anna, id: "box")])
        // Though still connected, it is not listed until it registers again.
        gateway.peer.send(Samples.report(1), session: 1)
        #expect(try await gateway.devices().isEmpty)
        #expect(try await gateway.register(session: 2).generation == 2)
        #expect(try await gateway.device()?.isDefault == false)
        await registry.stop()
    }

    @Test("Of many registrations of one device at once the newest wins, and each generation is given once")
    func stampede() async throws {
        let registry = try await RegistryHarness()
        let gateway = try await registry.dial()
        let results = await withTaskGroup(of: UInt64?.self) { group in
            for session in 1...50 as ClosedRange<UInt64> {
                group.addTask { try? await gateway.register(session: session).generation }
            }
            return await group.reduce(into: [UInt64?]()) { $0.append($1) }
        }
        let given = results.compactMap { $0 }
        #expect(Set(given).count == given.count)
        let device = try #require(try await gateway.device())
        #expect(device.generation == 50)
        #expect(given.max() == 50)
        await registry.stop()
    }

    @Test("A watcher that gives credit late gets the newest state")
    func slowWatcher() async throws {
        let registry = try await RegistryHarness()
        let gateway = try await registry.dial()
        for number in 0..<40 as Range<UInt64> { _ = try await gateway.register("d\(number)", session: number + 1) }
        var watch = gateway.peer.items(DeviceWatch(), credit: 1).makeAsyncIterator()
        var known: [String: Device] = [:]
        let first = try #require(try await watch.next())
        #expect(first.snapshot && first.more)
        for used in [1, 2, 3] {
            for number in 0..<40 as Range<UInt64> { gateway.peer.send(Samples.report(used), session: number + 1) }
        }
        for device in first.devices { known[device.id] = device }
        while known.count < 40 || known.values.contains(where: { $0.slots.used != 3 }) {
            for device in try #require(try await watch.next()).devices { known[device.id] = device }
        }
        let listed = try await gateway.devices()
        #expect(listed.allSatisfy { known[$0.id]?.slots == $0.slots })
        await registry.stop()
    }

    @Test("Services are seen by watchers from their announcement to the loss of their connection")
    func services() async throws {
        let registry = try await RegistryHarness()
        let gateway = try await registry.dial()
        let dispatcher = try await registry.dial(.dispatcher, name: "one")
        var watch = gateway.peer.items(ServiceWatch()).makeAsyncIterator()
        #expect(try await watch.next()?.services == [])
        let claims = [PartitionClaim(first: Partition(number: 0), last: Partition(number: 63), epoch: 2)]
        _ = try await dispatcher.peer.request(
            ServiceAnnounce(endpoint: "tcp://127.0.0.1:9", partitions: claims, draining: false))
        let came = try #require(try await watch.next())
        #expect(came.services.map(\.incarnation) == [dispatcher.identity.incarnation])
        #expect(came.services.first?.partitions == claims)
        await dispatcher.link.close()
        let went = try #require(try await watch.next())
        #expect(went.services.isEmpty && went.revision == came.revision + 1)
        await registry.stop()
    }

    @Test("The registry has a handler for each message that the table of roles lets through, and for no other")
    func roles() async throws {
        let registry = try await RegistryHarness()
        let handlers = RegistryHandlers.make(try #require(registry.server.service))
        #expect(handlers.types == RoleRules.types(to: .registry))
        await registry.stop()
    }

    @Test("A second registry on the same data is refused; the error names the directory")
    func exclusive() async throws {
        let registry = try await RegistryHarness()
        let second = RegistryServer(
            RegistryConfiguration(bind: "inproc://second", dataDirectory: registry.folder.file("data")),
            reactor: registry.reactor, logger: registry.logger)
        let error = await #expect(throws: StoreError.self) { try await second.start() }
        #expect(error?.kind == .locked)
        #expect(error?.description.contains(registry.folder.path) == true)
        await registry.stop()
    }
}

import Messages
import Testing

@testable import Registry

/// A watcher that applies its items and checks that they are consistent.
private struct Replica {
    var devices: [DeviceKey: Device] = [:]
    var revision: UInt64 = 0
    var open = false

    mutating func take(_ item: DeviceChanges) {
        #expect(item.revision >= revision)
        #expect(item.devices.count + item.removed.count <= RegistryLimits.devicesPerItem)
        revision = item.revision
        if item.snapshot {
            #expect(!open)
            devices = [:]
        }
        open = item.more
        for device in item.devices { devices[DeviceKey(owner: device.owner, id: device.id)] = device }
        for gone in item.removed { devices[DeviceKey(owner: gone.owner, id: gone.id)] = nil }
    }
}

@Suite("The feed of a device watcher")
struct DeviceFeedTests {
    let registry = Incarnation(high: 3, low: 3)
    var table = DeviceTable()
    private var replica = Replica()

    private func current(_ owner: UserID? = nil) -> [DeviceKey: Device] {
        Dictionary(uniqueKeysWithValues: table.keys(of: owner).map { ($0, table.device($0)!) })
    }

    @Test("An empty snapshot is one item, then silence")
    mutating func empty() throws {
        var feed = DeviceFeed(owner: nil)
        let item1 = feed.next(table, incarnation: registry)
        let item = try #require(item1)
        #expect(item.snapshot && !item.more && item.devices.isEmpty)
        #expect(item.incarnation == registry)
        let item2 = feed.next(table, incarnation: registry)
        #expect(item2 == nil)
    }

    @Test("A large snapshot comes in parts, the last one without `more`")
    mutating func parts() {
        for number in 0..<100 { table.connect("d\(number)", session: UInt64(number) + 1) }
        var feed = DeviceFeed(owner: nil)
        var items: [DeviceChanges] = []
        while let item = feed.next(table, incarnation: registry) { items.append(item) }
        #expect(items.map(\.snapshot) == [true, false, false, false, false])
        #expect(items.map(\.more) == [true, true, true, true, false])
        for item in items { replica.take(item) }
        #expect(replica.devices == current())
    }

    @Test("Changes in the middle of a snapshot are neither lost nor taken back")
    mutating func amid() {
        for number in 0..<100 { table.connect("d\(number)", session: UInt64(number) + 1) }
        var feed = DeviceFeed(owner: nil)
        replica.take(feed.next(table, incarnation: registry)!)
        // Devices on both sides of the first part change, go and come.
        for number in 0..<50 {
            let key = DeviceKey(owner: Samples.anna, id: "d\(number * 2)")
            if number % 2 == 0 {
                let isDeleted3 = table.delete(key)
                #expect(isDeleted3)
            } else {
                _ = table.report(Samples.report(5), from: Samples.route(UInt64(number) * 2 + 1), at: Samples.start)
            }
            feed.mark([key])
        }
        table.connect("new", session: 500)
        feed.mark([DeviceKey(owner: Samples.anna, id: "new")])
        while let item = feed.next(table, incarnation: registry) { replica.take(item) }
        #expect(replica.devices == current())
    }

    @Test("A watcher without credit gets the newest state once, after any number of changes")
    mutating func coalesced() throws {
        table.connect(session: 1)
        var feed = DeviceFeed(owner: nil)
        replica.take(feed.next(table, incarnation: registry)!)
        let key = DeviceKey(owner: Samples.anna, id: "box")
        for used in [1, 2, 3, 4, 5, 4] {
            _ = table.report(Samples.report(used), from: Samples.route(1), at: Samples.start)
            feed.mark([key])
        }
        let item4 = feed.next(table, incarnation: registry)
        let item = try #require(item4)
        #expect(item.devices.map(\.slots.used) == [4])
        #expect(item.revision == table.revision)
        let item5 = feed.next(table, incarnation: registry)
        #expect(item5 == nil)
    }

    @Test("A watcher of one owner gets no other owner's devices")
    mutating func scoped() {
        table.connect(session: 1)
        var feed = DeviceFeed(owner: Samples.bert)
        replica.take(feed.next(table, incarnation: registry)!)
        feed.mark([DeviceKey(owner: Samples.anna, id: "box")])
        let item6 = feed.next(table, incarnation: registry)
        #expect(item6 == nil)
        table.connect("b", owner: Samples.bert, session: 2)
        feed.mark([DeviceKey(owner: Samples.bert, id: "b")])
        while let item = feed.next(table, incarnation: registry) { replica.take(item) }
        #expect(replica.devices == current(Samples.bert))
    }

    @Test("Any history, read at any pace, ends in the current state", arguments: 0..<20 as Range<UInt64>)
    mutating func random(_ seed: UInt64) {
        var dice = Dice(seed)
        var feed = DeviceFeed(owner: nil)
        for step in 1...2_000 as ClosedRange<UInt64> {
            let key = DeviceKey(owner: dice.roll(2) == 0 ? Samples.anna : Samples.bert, id: "d\(dice.roll(60))")
            switch dice.roll(7) {
            case 0, 1:
                table.connect(key.id, owner: key.owner, session: step, gateway: UInt64(dice.roll(3)))
                feed.mark([key])
            case 2:
                if table.close(key, generation: table.device(key)?.generation ?? 0, at: Samples.start) {
                    feed.mark([key])
                }
            case 3: if table.delete(key) { feed.mark([key]) }
            case 4: if table.device(key) != nil { feed.mark(table.star(key, on: dice.roll(2) == 0)) }
            case 5 where dice.roll(40) == 0:
                let gateway = Samples.route(0, gateway: UInt64(dice.roll(3))).gateway
                feed.mark(table.closeSessions(of: gateway, at: Samples.start))
            default:
                if dice.roll(30) == 0, let item = feed.next(table, incarnation: registry) { replica.take(item) }
            }
        }
        while let item = feed.next(table, incarnation: registry) { replica.take(item) }
        #expect(replica.devices == current())
        for owner in [Samples.anna, Samples.bert] {
            #expect(table.devices(of: owner).count { $0.isDefault } <= 1)
        }
    }
}

/// Random numbers that are the same in each run (an xorshift generator).
private struct Dice {
    private var state: UInt64
    init(_ seed: UInt64) { state = seed &* 0x9e37_79b9_7f4a_7c15 | 1 }
    mutating func roll(_ sides: Int) -> Int {
        state ^= state << 13
        state ^= state >> 7
        state ^= state << 17
        return Int(state % UInt64(sides))
    }
}

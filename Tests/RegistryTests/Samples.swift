import Messages

@testable import Registry

/// Values for these tests.
enum Samples {
    static let anna = UserID(high: 1, low: 1)
    static let bert = UserID(high: 1, low: 2)
    static let start = Timestamp(milliseconds: 1_772_357_400_000)

    static func register(
        _ id: String = "box", name: String = "Linux - box", generation: UInt64 = 0, slots: Int = 5,
        boot: BootID = BootID(high: 7, low: 7), owner: UserID? = anna, route: Route? = nil,
        hostname: String = "box"
    ) -> DeviceRegister {
        DeviceRegister(
            device: id, name: name, boot: boot, version: "0.1.0", slots: slots,
            agents: [Agent(name: "shell", version: nil, ready: true, detail: nil)],
            platform: Platform(os: "linux", arch: "x86_64", hostname: hostname), generation: generation, owner: owner,
            route: route)
    }

    static func route(_ session: UInt64, gateway: UInt64 = 1) -> Route {
        Route(gateway: Incarnation(high: 9, low: gateway), session: SessionNumber(session))
    }

    static func report(_ used: Int, of total: Int = 5, agents: [Agent]? = nil) -> DeviceReport {
        DeviceReport(used: used, total: total, draining: false, agents: agents)
    }
}

extension DeviceTable {
    /// Mints and opens a session, as if the write took no time.
    @discardableResult
    mutating func connect(
        _ id: String = "box", owner: UserID = Samples.anna, session: UInt64, gateway: UInt64 = 1,
        generation: UInt64 = 0, boot: BootID = BootID(high: 7, low: 7), slots: Int = 5
    ) -> DeviceRegistration {
        let registration = mint(
            Samples.register(id, generation: generation, slots: slots, boot: boot),
            key: DeviceKey(owner: owner, id: id), route: Samples.route(session, gateway: gateway), at: Samples.start)
        _ = open(registration, name: "Linux - \(id)")
        return registration
    }
}

import Messages
import Synchronization

/// The state of one simulated executor across its connections.
final class DeviceState: Sendable {
    /// Identifies this run of the executor.
    let boot = BootID.generate()
    let number: Int
    private let roster: DeviceRoster
    private let generation = Mutex<UInt64>(0)
    private let registered = Mutex(false)

    init(_ number: Int, _ roster: DeviceRoster) {
        self.number = number
        self.roster = roster
    }

    /// Whether the current connection is registered.
    var isRegistered: Bool { registered.withLock { $0 } }

    /// The first message on a connection, as an executor sends it.
    var registration: DeviceRegister {
        DeviceRegister(
            device: "bench-\(number)", name: "Linux - bench-\(number)", boot: boot, version: "bench", slots: 5,
            agents: [Agent(name: "shell", version: nil, ready: true, detail: nil)],
            platform: Platform(os: "linux", arch: "x86_64", hostname: "bench-\(number)"),
            generation: generation.withLock { $0 })
    }

    /// Handles the gateway's reply to the registration.
    func register(_ answer: DeviceRegistered) {
        generation.withLock { $0 = answer.generation }
        registered.withLock { $0 = true }
        roster.add(number)
    }

    /// Starts a new connection.
    func connect() { registered.withLock { $0 = false } }

    /// Handles the end of the connection.
    func disconnect() { roster.remove(number) }
}

import Messages
import Synchronization

/// What one simulated executor knows across its connections.
final class DeviceLife: Sendable {
    /// This life of the executor.
    let boot = BootID.generate()
    let number: Int
    private let roll: DeviceRoll
    private let generation = Mutex<UInt64>(0)
    private let registered = Mutex(false)

    init(_ number: Int, _ roll: DeviceRoll) {
        self.number = number
        self.roll = roll
    }

    /// Whether the present connection is registered.
    var isRegistered: Bool { registered.withLock { $0 } }

    /// Its first message on a connection, as an executor makes it.
    var registration: DeviceRegister {
        DeviceRegister(
            device: "bench-\(number)", name: "Linux - bench-\(number)", boot: boot, version: "bench", slots: 5,
            agents: [Agent(name: "shell", version: nil, ready: true, detail: nil)],
            platform: Platform(os: "linux", arch: "x86_64", hostname: "bench-\(number)"),
            generation: generation.withLock { $0 })
    }

    /// The gateway has answered.
    func enter(_ answer: DeviceRegistered) {
        generation.withLock { $0 = answer.generation }
        registered.withLock { $0 = true }
        roll.enter(number)
    }

    /// A new connection begins.
    func begin() { registered.withLock { $0 = false } }

    /// The connection is gone.
    func leave() { roll.leave(number) }
}

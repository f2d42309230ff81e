/// A storm: what happens how often, in which waits, and how tasks may end in it.
public struct Scenario: Sendable {
    /// Whether the waiting times are those that the services are built with, or short ones.
    public enum Waits: String, Sendable, CaseIterable {
        case low
        case builtIn = "default"
    }

    /// Its name on the command line.
    public let name: String
    /// How long a whole run is.
    public enum Length: Sendable {
        case rounds(Int)
        case minutes(Double)
    }

    /// As long as it says, if nobody says otherwise.
    public let length: Length
    /// Which faults; each round takes one.
    let faults: @Sendable (inout SeededRandom) -> Fault
    /// Codes with which a task may fail.
    let allowed: Set<String>
    let executors: [String]
    /// Whether a second dispatcher stands by.
    var hasStandby = false

    private static let one = ["executor"]
    private static let two = ["executor", "second"]
    /// How a task may end when its executor is touched.
    private static let harsh: Set<String> = ["executor_restarted", "device_disconnected"]

    /// All of them, in the order in which they are run.
    public static let all: [Scenario] = [
        Scenario(name: "cuts", length: .rounds(100), faults: { _ in .cut }, allowed: [], executors: two),
        Scenario(
            name: "dispatcher", length: .rounds(50), faults: { .kill("dispatcher", down: $0.milliseconds(0...1500)) },
            allowed: [], executors: two),
        Scenario(
            name: "standby", length: .rounds(30), faults: leaders, allowed: [], executors: two, hasStandby: true),
        Scenario(
            name: "gateway", length: .rounds(50), faults: { .kill("gateway", down: $0.milliseconds(0...1500)) },
            allowed: [], executors: two),
        Scenario(
            name: "registry", length: .rounds(20), faults: { .kill("registry", down: $0.milliseconds(0...4000)) },
            allowed: [], executors: two),
        Scenario(
            name: "executor", length: .rounds(50), faults: { .kill("executor", down: $0.milliseconds(0...1500)) },
            allowed: harsh, executors: one),
        Scenario(name: "random", length: .minutes(2), faults: anything, allowed: harsh, executors: two),
    ]

    /// The scenario of a name.
    public static func named(_ name: String) -> Scenario? { all.first { $0.name == name } }

    /// One of two dispatchers, whichever leads; a freeze may be longer than a takeover takes.
    private static let leaders: @Sendable (inout SeededRandom) -> Fault = { random in
        let part = random.once(in: 2) ? "dispatcher" : "standby"
        return random.once(in: 3)
            ? .freeze(part, for: random.milliseconds(500...7000)) : .kill(part, down: random.milliseconds(0...2000))
    }

    private static let anything: @Sendable (inout SeededRandom) -> Fault = { random in
        let part =
            ["dispatcher", "gateway", "registry", "executor", "second"].randomElement(using: &random) ?? "gateway"
        switch Int.random(in: 0..<10, using: &random) {
        case 0..<5: return .kill(part, down: random.milliseconds(0...3000))
        case 5..<7: return .freeze(part, for: random.milliseconds(200...7000))
        case 7: return .restart(part)
        case 8: return .cut
        default: return .silence(random.milliseconds(200...6000))
        }
    }
}

/// A scenario of a storm: its faults, its length, and how its tasks may end.
public struct Scenario: Sendable {
    /// Whether the services have their default timeouts or short ones.
    public enum Timeouts: String, Sendable, CaseIterable {
        case low
        case builtIn = "default"
    }

    /// Its name on the command line.
    public let name: String
    /// The length of a whole run.
    public enum Length: Sendable {
        case rounds(Int)
        case minutes(Double)
    }

    /// The default length.
    public let length: Length
    /// Returns the fault of a round.
    let faults: @Sendable (inout SeededRandom) -> InjectedFault
    /// Error codes with which a task may fail.
    let allowedCodes: Set<String>
    let executors: [String]
    /// Whether there is a standby dispatcher.
    var hasStandby = false
    /// The kinds of the tasks that keep the services busy.
    var jobs = Job.Kind.shell
    /// The kinds of the tasks at whose steps the faults are injected.
    var victims: [Job.Kind] = [.steady, .quick, .loud, .family]
    /// Whether its tasks are Claude Code's, with a model that ``StormModel`` plays.
    var hasModel: Bool { victims.contains { !Job.Kind.shell.contains($0) } }

    private static let one = ["executor"]
    private static let two = ["executor", "second"]
    /// Error codes of tasks with a killed or silenced executor.
    private static let executorFaults: Set<String> = ["executor_restarted", "device_disconnected"]

    /// All scenarios, in the order of a run.
    public static let all: [Scenario] = [
        Scenario(name: "cuts", length: .rounds(100), faults: { _ in .cut }, allowedCodes: [], executors: two),
        Scenario(
            name: "dispatcher", length: .rounds(50), faults: { .kill("dispatcher", down: $0.milliseconds(0...1500)) },
            allowedCodes: [], executors: two),
        Scenario(
            name: "standby", length: .rounds(30), faults: leaders, allowedCodes: [], executors: two, hasStandby: true),
        Scenario(
            name: "gateway", length: .rounds(50), faults: { .kill("gateway", down: $0.milliseconds(0...1500)) },
            allowedCodes: [], executors: two),
        Scenario(
            name: "registry", length: .rounds(20), faults: { .kill("registry", down: $0.milliseconds(0...4000)) },
            allowedCodes: [], executors: two),
        Scenario(
            name: "executor", length: .rounds(50), faults: { .kill("executor", down: $0.milliseconds(0...1500)) },
            allowedCodes: executorFaults, executors: one),
        Scenario(
            name: "background", length: .rounds(20), faults: agentFault, allowedCodes: executorFaults, executors: one,
            jobs: [.background, .dropped], victims: [.background, .dropped]),
        Scenario(
            name: "retries", length: .rounds(20), faults: agentFault, allowedCodes: executorFaults, executors: one,
            jobs: [.retried, .quick], victims: [.retried]),
        Scenario(name: "random", length: .minutes(2), faults: anyFault, allowedCodes: executorFaults, executors: two),
    ]

    /// Returns the scenario of a name.
    public static func named(_ name: String) -> Scenario? { all.first { $0.name == name } }

    /// Hits either of two dispatchers, leader or standby; a freeze may be longer than a takeover.
    private static let leaders: @Sendable (inout SeededRandom) -> InjectedFault = { random in
        let part = random.once(in: 2) ? "dispatcher" : "standby"
        return random.once(in: 3)
            ? .freeze(part, for: random.milliseconds(500...7000)) : .kill(part, down: random.milliseconds(0...2000))
    }

    /// Hits what carries an agent's turn: its executor, the way from it, and the services behind.
    private static let agentFault: @Sendable (inout SeededRandom) -> InjectedFault = { random in
        switch Int.random(in: 0..<5, using: &random) {
        case 0: .cut
        case 1: .silence(random.milliseconds(200...4000))
        case 2: .kill("dispatcher", down: random.milliseconds(0...1500))
        case 3: .kill("gateway", down: random.milliseconds(0...1500))
        default: .kill("executor", down: random.milliseconds(0...1500))
        }
    }

    private static let anyFault: @Sendable (inout SeededRandom) -> InjectedFault = { random in
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

import Foundation
import Synchronization
import TestClient
import TestCluster
import TestSupport

/// One run of a scenario on a cluster of its own: work goes on all the time, and in each round a fault happens at a
/// step of a fresh task's life that the seed has chosen.
public struct Storm: Sendable {
    let scenario: Scenario
    let waits: Scenario.Waits
    let length: Scenario.Length
    let seed: UInt64
    let say: @Sendable (String) -> Void

    /// - Parameters:
    ///   - length: nil = as the scenario says.
    ///   - say: Told of each step, a line each.
    public init(
        _ scenario: Scenario, waits: Scenario.Waits, length: Scenario.Length? = nil, seed: UInt64,
        say: @escaping @Sendable (String) -> Void
    ) {
        self.scenario = scenario
        self.waits = waits
        self.length = length ?? scenario.length
        self.seed = seed
        self.say = say
    }

    /// Runs it.
    /// - Returns: how many tasks and faults there were.
    /// - Throws: ``Broken`` with every promise that was broken, or what kept the cluster from being started.
    public func run() async throws -> (tasks: Int, faults: Int) {
        say("\(scenario.name): seed \(seed), \(waits.rawValue) waits")
        let result = Mutex((tasks: 0, faults: 0))
        do {
            try await Cluster.with(options) { cluster in
                if scenario.hasStandby { try await cluster.startStandby() }
                for executor in scenario.executors { try await cluster.startExecutor(flags, part: executor) }
                let counts = try await rage(cluster)
                result.withLock { $0 = counts }
            }
        } catch {
            say("\(scenario.name): the services' logs are in \(logs)")
            throw error
        }
        return result.withLock { $0 }
    }

    /// Where the services' logs are when a promise was broken.
    private var logs: String { "\(NSTemporaryDirectory())/wegent-fault-\(scenario.name)-\(seed)" }

    private var flags: [String] { ["--allow-shell"] }

    private var options: Cluster.Options {
        var options = Cluster.Options()
        options.executor = nil
        options.proxied = true
        options.logs = logs
        if waits == .low {
            options.flags = [
                "dispatcher": ["--grace-s", "12", "--lease-s", "20", "--takeover-s", "3"],
                "gateway": ["--silence-s", "3"], "executor": ["--silence-s", "3"],
            ]
        }
        return options
    }

    private func rage(_ cluster: Cluster) async throws -> (tasks: Int, faults: Int) {
        let desk = try Desk(cluster, seed: seed)
        var random = SeededRandom(seed: seed ^ 0x5eed)
        let isOver = Flag()
        var faults = 0
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<2 {
                let own = SeededRandom(seed: seed &+ UInt64(number) + 1)
                group.addTask { await work(desk, own, until: isOver) }
            }
            do {
                while !isEnough(faults, since: start) {
                    try await round(faults + 1, cluster, desk, &random)
                    faults += 1
                }
            } catch {
                isOver.raise()
                group.cancelAll()
                throw error
            }
            isOver.raise()
            try await group.waitForAll()
        }
        let wrong = await check(cluster, desk)
        desk.close()
        guard wrong.isEmpty else { throw Broken(scenario: scenario.name, seed: seed, promises: wrong) }
        return (desk.orders.count, faults)
    }

    private func isEnough(_ faults: Int, since start: ContinuousClock.Instant) -> Bool {
        switch length {
        case .rounds(let rounds): faults >= rounds
        case .minutes(let minutes): ContinuousClock.now - start >= .seconds(minutes * 60)
        }
    }

    private func check(_ cluster: Cluster, _ desk: Desk) async -> [String] {
        let checker = Checker(allowed: scenario.allowed, api: cluster.api)
        var wrong = await checker.check(desk.orders, within: .seconds(90))
        let home = cluster.directory.file("home")
        for executor in scenario.executors {
            wrong += await checker.check(executor: executor, spool: cluster.data("\(executor)/spool"), home: home)
        }
        Processes.endAll(home: home)
        return wrong
    }

    /// Hands in one task after the other.
    private func work(_ desk: Desk, _ random: SeededRandom, until isOver: Flag) async {
        var random = random
        while !isOver.isRaised, !Task.isCancelled {
            let order = desk.order(Job.Kind.allCases.randomElement(using: &random) ?? .quick)
            await desk.submit(order, to: scenario.executors.randomElement(using: &random) ?? "executor")
            // So that the queue stays short: half of the tasks are waited for.
            if random.once(in: 2) {
                _ = try? await eventually("its end", within: .seconds(30)) { order.isDone || isOver.isRaised }
            } else {
                try? await Task.sleep(for: random.milliseconds(100...800))
            }
        }
    }

    private func round(
        _ number: Int, _ cluster: Cluster, _ desk: Desk, _ random: inout SeededRandom
    ) async throws {
        let fault = scenario.faults(&random)
        let step = Step.allCases.randomElement(using: &random) ?? .midstream
        let victim = desk.order(
            step == .submitting ? .steady : [.steady, .quick, .loud, .family].randomElement(using: &random) ?? .steady)
        let device = scenario.executors.randomElement(using: &random) ?? "executor"
        let handing = Task { await desk.submit(victim, to: device) }
        _ = try? await eventually("the step", within: .seconds(20)) { step.isReached(by: victim) }
        try await Task.sleep(for: random.milliseconds(0...20))
        say("\(scenario.name) \(number): \(fault) at \(step.rawValue)")
        try await fault.happen(to: cluster)
        try await recover(cluster)
        await handing.value
    }

    /// Waits until work can go on, and sees that nobody has died on their own.
    private func recover(_ cluster: Cluster) async throws {
        for part in ["registry", "dispatcher", "standby", "gateway"] + scenario.executors {
            guard let service = cluster.service(part) else { continue }
            if let ended = service.process.ended {
                // A leader that freezes within a write is ended by the standby, which could not lead beside it.
                if scenario.hasStandby, service.name == "wegent-dispatcher", ended == .signalled(SIGKILL) {
                    try await cluster.restart(part)
                    continue
                }
                throw Broken(
                    scenario: scenario.name, seed: seed,
                    promises: ["\(part) has ended by itself: \(ended)\n\(service.words)"])
            }
        }
        do {
            try await eventually("every device is online", within: .seconds(60)) {
                let devices = try await cluster.api.devices()
                return scenario.executors.allSatisfy { name in
                    devices.contains { $0["id"].string == name && ["online", "busy"].contains($0["status"].string) }
                }
            }
        } catch {
            throw Broken(scenario: scenario.name, seed: seed, promises: ["the cluster did not recover: \(error)"])
        }
    }
}

/// What was promised and not kept.
public struct Broken: Error, CustomStringConvertible {
    let scenario: String
    let seed: UInt64
    /// A sentence each.
    public let promises: [String]

    public var description: String {
        "\(scenario), seed \(seed): \(promises.count) broken promises\n"
            + promises.map { "  - \($0)" }.joined(separator: "\n")
    }
}

/// Says once and for all that something is over.
private final class Flag: Sendable {
    private let raised = Atomic<Bool>(false)
    var isRaised: Bool { raised.load(ordering: .relaxed) }
    func raise() { raised.store(true, ordering: .relaxed) }
}

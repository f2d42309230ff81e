import Foundation
import ScriptedModel
import Synchronization
import TestClient
import TestCluster
import TestSupport

/// One run of a scenario on a cluster of its own. Tasks are submitted all the time; each round injects a fault at a step of
/// a new task. The seed chooses the faults and the steps.
public struct Storm: Sendable {
    let scenario: Scenario
    let timeouts: Scenario.Timeouts
    let length: Scenario.Length
    let seed: UInt64
    let report: @Sendable (String) -> Void

    /// - Parameters:
    ///   - length: nil = the scenario's.
    ///   - report: Receives a line of text for each step.
    public init(
        _ scenario: Scenario, timeouts: Scenario.Timeouts, length: Scenario.Length? = nil, seed: UInt64,
        report: @escaping @Sendable (String) -> Void
    ) {
        self.scenario = scenario
        self.timeouts = timeouts
        self.length = length ?? scenario.length
        self.seed = seed
        self.report = report
    }

    /// Runs the storm.
    /// - Returns: the number of tasks and faults.
    /// - Throws: ``BrokenPromises``, or the error that kept the cluster from starting.
    public func run() async throws -> (tasks: Int, faults: Int) {
        report("\(scenario.name): seed \(seed), \(timeouts.rawValue) timeouts")
        let result = Mutex((tasks: 0, faults: 0))
        let model = scenario.hasModel ? try await ScriptedModel.start() : nil
        do {
            try await Cluster.with(options(model)) { cluster in
                if scenario.hasStandby { try await cluster.startStandby() }
                for executor in scenario.executors { try await cluster.startExecutor(flags, part: executor) }
                let counts = try await runRounds(cluster)
                result.withLock { $0 = counts }
            }
        } catch {
            report("\(scenario.name): the services' logs are in \(logs)")
            await model?.stop()
            throw error
        }
        await model?.stop()
        return result.withLock { $0 }
    }

    /// The folder of the services' logs after a broken promise.
    private var logs: String { "\(NSTemporaryDirectory())/wegent-fault-\(scenario.name)-\(seed)" }

    private var flags: [String] {
        ["--allow-shell"] + (scenario.hasModel ? ["--allow-bypass", "--permission-mode", "bypass"] : [])
    }

    private func options(_ model: ScriptedModel?) -> Cluster.Options {
        var options = Cluster.Options()
        options.model = model
        options.executor = nil
        options.proxied = true
        options.logs = logs
        if timeouts == .low {
            options.flags = [
                "dispatcher": ["--grace-s", "12", "--lease-s", "20", "--takeover-s", "3"],
                "gateway": ["--silence-s", "3"], "executor": ["--silence-s", "3"],
            ]
        }
        return options
    }

    private func runRounds(_ cluster: Cluster) async throws -> (tasks: Int, faults: Int) {
        let submitter = try Submitter(cluster, seed: seed)
        cluster.options.model.map { StormModel(of: submitter).play($0) }
        var random = SeededRandom(seed: seed ^ 0x5eed)
        let isStopping = Flag()
        var faults = 0
        let start = ContinuousClock.now
        try await withThrowingTaskGroup(of: Void.self) { group in
            for number in 0..<2 {
                let own = SeededRandom(seed: seed &+ UInt64(number) + 1)
                group.addTask { await submitTasks(submitter, own, until: isStopping) }
            }
            do {
                while !isEnough(faults, since: start) {
                    try await round(faults + 1, cluster, submitter, &random)
                    faults += 1
                }
            } catch {
                isStopping.raise()
                group.cancelAll()
                throw error
            }
            isStopping.raise()
            try await group.waitForAll()
        }
        let wrong = await check(cluster, submitter)
        submitter.close()
        guard wrong.isEmpty else { throw BrokenPromises(scenario: scenario.name, seed: seed, promises: wrong) }
        return (submitter.submissions.count, faults)
    }

    private func isEnough(_ faults: Int, since start: ContinuousClock.Instant) -> Bool {
        switch length {
        case .rounds(let rounds): faults >= rounds
        case .minutes(let minutes): ContinuousClock.now - start >= .seconds(minutes * 60)
        }
    }

    private func check(_ cluster: Cluster, _ submitter: Submitter) async -> [String] {
        let checker = Checker(allowedCodes: scenario.allowedCodes, api: cluster.api)
        var wrong = await checker.check(submitter.submissions, within: .seconds(90))
        let home = cluster.directory.file("home")
        for executor in scenario.executors {
            wrong += await checker.check(executor: executor, spool: cluster.data("\(executor)/spool"), home: home)
        }
        Processes.endAll(home: home)
        return wrong
    }

    /// Submits one task after the other.
    private func submitTasks(_ submitter: Submitter, _ random: SeededRandom, until isStopping: Flag) async {
        var random = random
        while !isStopping.isRaised, !Task.isCancelled {
            let submission = submitter.makeSubmission(scenario.jobs.randomElement(using: &random) ?? .quick)
            await submitter.submit(submission, to: scenario.executors.randomElement(using: &random) ?? "executor")
            // Waits for half of the tasks, so that the queue stays short.
            if random.once(in: 2) {
                _ = try? await eventually("the task's end", within: .seconds(30)) {
                    submission.isDone || isStopping.isRaised
                }
            } else {
                try? await Task.sleep(for: random.milliseconds(100...800))
            }
        }
    }

    private func round(
        _ number: Int, _ cluster: Cluster, _ submitter: Submitter, _ random: inout SeededRandom
    ) async throws {
        let fault = scenario.faults(&random)
        let step = Step.allCases.randomElement(using: &random) ?? .midstream
        // The first of them takes its time.
        let kind = step == .submitting ? scenario.victims.first : scenario.victims.randomElement(using: &random)
        let victim = submitter.makeSubmission(kind ?? .steady)
        let device = scenario.executors.randomElement(using: &random) ?? "executor"
        let submission = Task { await submitter.submit(victim, to: device) }
        _ = try? await eventually("the step", within: .seconds(20)) { step.isReached(by: victim) }
        try await Task.sleep(for: random.milliseconds(0...20))
        report("\(scenario.name) \(number): \(fault) at \(step.rawValue)")
        try await fault.inject(into: cluster)
        try await recover(cluster)
        await submission.value
    }

    /// Waits until the cluster works again, and checks that no service has ended by itself.
    private func recover(_ cluster: Cluster) async throws {
        for part in ["registry", "dispatcher", "standby", "gateway"] + scenario.executors {
            guard let service = cluster.service(part) else { continue }
            if let ended = service.process.ended {
                // The standby kills a leader that is frozen within a write: it could not take over otherwise.
                if scenario.hasStandby, service.name == "wegent-dispatcher", ended == .signalled(SIGKILL) {
                    try await cluster.restart(part)
                    continue
                }
                throw BrokenPromises(
                    scenario: scenario.name, seed: seed,
                    promises: ["\(part) has ended by itself: \(ended)\n\(service.logTail)"])
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
            throw BrokenPromises(
                scenario: scenario.name, seed: seed, promises: ["the cluster did not recover: \(error)"])
        }
    }
}

/// The promises that a storm has broken.
public struct BrokenPromises: Error, CustomStringConvertible {
    let scenario: String
    let seed: UInt64
    /// One sentence per promise.
    public let promises: [String]

    public var description: String {
        "\(scenario), seed \(seed): \(promises.count) broken promises\n"
            + promises.map { "  - \($0)" }.joined(separator: "\n")
    }
}

/// A flag that is raised once.
private final class Flag: Sendable {
    private let raised = Atomic<Bool>(false)
    var isRaised: Bool { raised.load(ordering: .relaxed) }
    func raise() { raised.store(true, ordering: .relaxed) }
}

import Messages

@testable import Dispatcher

/// A running task on a device with one slot: the deciding values, combined as in the service, without time, sockets or a
/// store.
struct SimulatedTask {
    var machine: TaskMachine
    private(set) var slots = WorkerSlots(total: 1)
    private var isConnected = true
    private let since = Sample.now

    init(_ choices: Choices) {
        var record = Sample.record()
        record = TaskRecord(
            ordinal: record.ordinal, id: record.id, owner: record.owner, target: record.target,
            placement: record.placement,
            conversation: record.conversation, agent: record.agent, excerpt: record.excerpt, cwd: nil, terminal: nil,
            splitOutput: false, trace: nil,
            createdAt: record.createdAt, choices: choices, retryOf: nil, rank: record.rank, queuedAt: record.queuedAt)
        machine = TaskMachine(record)
        _ = machine.assign(deviceName: "box", now: since)
        slots.occupy(machine.record.attemptID)
        _ = machine.started(attempt: 1, now: since)
    }

    mutating func goAway() {
        isConnected = false
        slots.close()
        let absence = Absence(machine.policy, since: since, now: since)
        perform(machine.stalled(absence.stall, publish: true, now: since))
        if absence.leftMs == 0 { perform(machine.graceEnded(now: since)) }
    }

    mutating func stayAway() {
        goAway()
        if let left = Absence(machine.policy, since: since, now: since).leftMs {
            perform(machine.graceEnded(now: since.adding(seconds: Double(left) / 1000)))
        }
    }

    /// - Parameter running: Whether its report lists the first attempt.
    mutating func comeBack(running: Bool) {
        isConnected = true
        slots.open(total: 1)
        perform(machine.resumed(now: since))
        let first = AttemptID(task: machine.record.id, attempt: 1)
        slots.report(total: 1, draining: false, unwanted: running && !machine.isPlaced ? [first] : [])
        if !running { perform(machine.unlisted(first: true, now: since)) }
    }

    mutating func end(_ state: TaskState, _ code: ErrorCode? = nil) {
        let message = Sample.finished(
            machine.record.id, machine.record.attemptSeq + 1, state, error: code.map { Fault($0, "it has ended") })
        perform(machine.finished(message, now: since, monotonic: 0))
    }

    mutating func reachUsageLimit() {
        var message = Sample.finished(
            machine.record.id, machine.record.attemptSeq + 1, .failed, error: Fault(.usageLimit, "it is reached"))
        message.retryAt = since.adding(seconds: 3600)
        perform(machine.finished(message, now: since, monotonic: 0))
    }

    mutating func cancel() { perform(machine.cancel(connected: isConnected, now: since)) }
    mutating func reachLimit(_ code: ErrorCode) { perform(machine.overdue(code, connected: isConnected, now: since)) }
    mutating func stopTimesOut() { perform(machine.stopUnconfirmed(now: since)) }

    private mutating func perform(_ actions: [TaskAction]) {
        for action in actions {
            switch action {
            case .release(let attempt, let confirmed): slots.release(attempt, confirmed: confirmed || !isConnected)
            default: break
            }
        }
    }

    /// Its state, error, stall and slot, as in the table.
    var text: String {
        var text = "`\(machine.record.state)`"
        if let code = machine.record.error?.code { text += " `\(code)`" }
        if let stall = machine.stall {
            let end = stall.failsAt ?? stall.requeuesAt
            let seconds = end.map { Int($0.seconds(since: since)) }
            text += ", stalled "
            text += seconds.map { "for \($0) s at most" } ?? "for as long as it takes"
        }
        let slot = !slots.held.isEmpty ? "held until it is stopped" : slots.running.isEmpty ? "free" : "used"
        return "\(text); slot \(slot)"
    }
}

import Messages

@testable import Dispatcher

/// What becomes of a running task without its agent's doing, with every choice for it: the second table of
/// docs/policies.md.
enum LossTable {
    enum Event: String, CaseIterable {
        case goes = "The device goes away"
        case graceEnds = "… and stays away for `grace_s`"
        case sixth = "… the same for the sixth time"
        case back = "… and is back in time, and still runs it"
        case backRestarted = "… and is back in time, restarted"
        case late = "… and is back later, and still runs it"
        case lateRestarted = "… and is back later, restarted"
        case verdict = "The executor was restarted and reports it"
        case lease = "The executor has heard nothing for its lease"
        case cancel = "It is cancelled, and the executor confirms"
        case cancelUnconfirmed = "… and the executor does not confirm it in time"
        case cancelAway = "… while the device is away, before `grace_s` is over"
        case cancelLater = "… while the device is away, after that"
        case timeout = "`timeout_s` is over, and the executor confirms"
        case timeoutDone = "… and it had completed before the stop reached it"
        case timeoutUnconfirmed = "… and the executor does not confirm the stop in time"
        case timeoutAway = "`timeout_s` is over while the device is away, before `grace_s` is over"
        case idle = "`idle_timeout_s` is over, and the executor confirms"
        case idleGoes = "… and the device goes away before that"
        case limit = "The agent reaches a usage limit, with `on_limit` `fail`"
        case limitWaits = "… with `on_limit` `wait`"
        case limitCancelled = "… after it was cancelled"
    }

    static let heading = [
        "| What happens | `fail`, `grace_s` 0 | `fail`, 30 | `wait`, any | `requeue`, 0 | `requeue`, 30 |",
        "|---|---|---|---|---|---|",
    ]

    static func lines() -> [String] {
        heading
            + Event.allCases.map { event in
                let cells = [(OnDisconnect.fail, 0), (.fail, 30), (.wait, 30), (.requeue, 0), (.requeue, 30)]
                    .map { cell(event, $0, graceS: $1) }
                return "| \(([event.rawValue] + cells).joined(separator: " | ")) |"
            }
    }

    static func cell(_ event: Event, _ choice: OnDisconnect, graceS: Double) -> String {
        var task = SimulatedTask(
            Choices(
                onDisconnect: choice, graceS: graceS, timeoutS: 3600, idleTimeoutS: 600,
                onLimit: event == .limit ? .fail : .wait
            ).filled(from: .standard))
        if event == .lease, task.machine.policy.leaseS == 0 { return "never: it has none" }
        play(event, &task)
        return task.text
    }

    private static func play(_ event: Event, _ task: inout SimulatedTask) {
        switch event {
        case .goes: task.goAway()
        case .graceEnds: task.stayAway()
        case .sixth:
            task.machine.record.requeues = DispatcherLimits.requeues
            task.stayAway()
        case .back, .backRestarted:
            task.goAway()
            task.comeBack(running: event == .back)
        case .late, .lateRestarted:
            task.stayAway()
            task.comeBack(running: event == .late)
        case .verdict: task.end(.failed, .executorRestarted)
        case .lease: task.end(.failed, .deviceDisconnected)
        case .cancel, .cancelUnconfirmed:
            task.cancel()
            if event == .cancel { task.end(.cancelled) } else { task.stopTimesOut() }
        case .cancelAway, .cancelLater:
            if event == .cancelAway { task.goAway() } else { task.stayAway() }
            task.cancel()
        case .timeout, .timeoutDone, .timeoutUnconfirmed:
            task.reachLimit(.timeout)
            if event == .timeoutUnconfirmed {
                task.stopTimesOut()
            } else {
                task.end(event == .timeout ? .cancelled : .completed)
            }
        case .timeoutAway:
            task.goAway()
            task.reachLimit(.timeout)
        case .limit, .limitWaits: task.reachUsageLimit()
        case .limitCancelled:
            task.cancel()
            task.reachUsageLimit()
        case .idle, .idleGoes:
            task.reachLimit(.idleTimeout)
            if event == .idle { task.end(.cancelled) } else { task.goAway() }
        }
    }
}

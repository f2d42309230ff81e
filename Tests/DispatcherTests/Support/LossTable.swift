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
        case verdict = "The executor was restarted, and says so"
        case lease = "The executor has heard nothing for its lease"
        case cancel = "Somebody cancels it, and the executor confirms"
        case cancelUnconfirmed = "… and the executor does not confirm it in time"
        case cancelAway = "… while the device is away, before `grace_s` is over"
        case cancelLater = "… while the device is away, after that"
        case timeout = "`timeout_s` is over, and the executor confirms"
        case timeoutDone = "… and it had completed before the stop reached it"
        case timeoutUnconfirmed = "… and the executor does not confirm the stop in time"
        case timeoutAway = "`timeout_s` is over while the device is away, before `grace_s` is over"
        case idle = "`idle_timeout_s` is over, and the executor confirms"
        case idleGoes = "… and the device goes away before that"
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
        var life = SimulatedLife(
            Choices(onDisconnect: choice, graceS: graceS, timeoutS: 3600, idleTimeoutS: 600).filled(from: .standard))
        if event == .lease, life.machine.policy.leaseS == 0 { return "never: it has none" }
        play(event, &life)
        return life.text
    }

    private static func play(_ event: Event, _ life: inout SimulatedLife) {
        switch event {
        case .goes: life.goes()
        case .graceEnds: life.staysAway()
        case .sixth:
            life.machine.record.requeues = DispatcherLimits.requeues
            life.staysAway()
        case .back, .backRestarted:
            life.goes()
            life.comesBack(running: event == .back)
        case .late, .lateRestarted:
            life.staysAway()
            life.comesBack(running: event == .late)
        case .verdict: life.ends(.failed, .executorRestarted)
        case .lease: life.ends(.failed, .deviceDisconnected)
        case .cancel, .cancelUnconfirmed:
            life.cancel()
            if event == .cancel { life.ends(.cancelled) } else { life.hearsNothing() }
        case .cancelAway, .cancelLater:
            if event == .cancelAway { life.goes() } else { life.staysAway() }
            life.cancel()
        case .timeout, .timeoutDone, .timeoutUnconfirmed:
            life.isOver(.timeout)
            if event == .timeoutUnconfirmed {
                life.hearsNothing()
            } else {
                life.ends(event == .timeout ? .cancelled : .completed)
            }
        case .timeoutAway:
            life.goes()
            life.isOver(.timeout)
        case .idle, .idleGoes:
            life.isOver(.idleTimeout)
            if event == .idle { life.ends(.cancelled) } else { life.goes() }
        }
    }
}

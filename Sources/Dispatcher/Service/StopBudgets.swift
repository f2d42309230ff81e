import DequeModule
import Messages

/// How many stops of unwanted attempts each device gets: ``DispatcherLimits/stopBurst`` at once,
/// ``DispatcherLimits/stopsPerSecond`` afterwards, and one in 2 s for the same attempt.
///
/// What a device sends beyond that is its *excess*: it gets no answer, and more than ``DispatcherLimits/excess`` of it cuts
/// the session. It is forgiven at the rate of the stops. The budget belongs to the device, so a new session brings no new one. Bounded: one budget per device with
/// recent excess or stops, each with the attempts of the last 2 s.
struct StopBudgets {
    /// What follows a message of an unwanted attempt.
    enum Verdict: Equatable {
        /// Send a stop.
        case stop
        /// Send nothing: a stop was sent a moment ago, or the budget is used up.
        case nothing
        /// End the session: its executor does not heed what it is sent.
        case cut
    }

    private struct Budget {
        var left: Double
        /// When `left` was computed, in monotonic ms.
        var at: Int64
        var excess = 0.0
        /// The attempts of the last 2 s, and the session in which each was stopped.
        var stopped: [AttemptID: SessionRef?] = [:]
        var order: Deque<(attempt: AttemptID, at: Int64)> = []

        /// Refills the budget, forgives excess and forgets old stops.
        mutating func pass(to now: Int64) {
            let earned = Double(max(0, now - at)) * Double(DispatcherLimits.stopsPerSecond) / 1000
            left = min(Double(DispatcherLimits.stopBurst), left + earned)
            at = now
            excess = max(0, excess - earned)
            while let first = order.first, now - first.at >= DispatcherLimits.repeatMs {
                order.removeFirst()
                stopped[first.attempt] = nil
            }
        }

        /// Whether the device has been quiet for so long that nothing need be remembered.
        var isUnused: Bool { left >= Double(DispatcherLimits.stopBurst) && excess == 0 && order.isEmpty }

        mutating func exceed(by count: Int) -> Verdict {
            excess += Double(count)
            return excess > Double(DispatcherLimits.excess) ? .cut : .nothing
        }
    }

    private var budgets: [WorkerID: Budget] = [:]

    /// How many devices have a budget that is remembered.
    var count: Int { budgets.count }

    /// Returns what follows a message of an unwanted attempt, at a monotonic time in ms. A stop that was sent in an earlier
    /// session may not have arrived and is sent again.
    /// - Parameter isRepeated: Whether the device sent nothing, and the dispatcher repeats a stop: never an excess.
    mutating func verdict(
        on attempt: AttemptID, of worker: WorkerID, session: SessionRef?, isRepeated: Bool = false, now: Int64
    ) -> Verdict {
        use(worker, now) { budget in
            let known = budget.stopped[attempt]
            if let known, known == session { return .nothing }
            guard budget.left >= 1 else { return isRepeated ? .nothing : budget.exceed(by: 1) }
            budget.left -= 1
            budget.stopped[attempt] = .some(session)
            if known == nil { budget.order.append((attempt, now)) }
            return .stop
        }
    }

    /// Counts events that a device sent although its window was full.
    mutating func exceed(by count: Int, of worker: WorkerID, now: Int64) -> Verdict {
        use(worker, now) { $0.exceed(by: count) }
    }

    /// Forgets the budgets of quiet devices.
    mutating func tick(_ now: Int64) {
        for worker in budgets.keys {
            budgets[worker]?.pass(to: now)
            if budgets[worker]?.isUnused == true { budgets[worker] = nil }
        }
    }

    private mutating func use(_ worker: WorkerID, _ now: Int64, _ body: (inout Budget) -> Verdict) -> Verdict {
        func run(_ budget: inout Budget) -> Verdict {
            budget.pass(to: now)
            return body(&budget)
        }
        return run(&budgets[worker, default: Budget(left: Double(DispatcherLimits.stopBurst), at: now)])
    }
}

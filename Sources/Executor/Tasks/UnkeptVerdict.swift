import Logging
import Messages

/// The verdict on an attempt whose spool could not take it.
struct UnkeptVerdict {
    let verdict: TaskFinished
    /// When it was to be kept first.
    let since: ContinuousClock.Instant
}

/// Verdicts are kept before they are sent, also when that takes a while.
extension ExecutorService {
    /// Ends an attempt that runs no more; what it has said stays in its spool until the leader has it.
    func conclude(_ id: AttemptID, _ verdict: TaskFinished) {
        do { try outbox.conclude(id, verdict) } catch {
            logger.error(
                "a verdict could not be kept, which is tried again",
                metadata: ["task": "\(id.task)", "error": "\(error)"])
            unkept[id] = UnkeptVerdict(verdict: verdict, since: .now)
        }
    }

    /// Tries again to keep what could not be kept. After a while, or now when it is the `last` chance, verdicts are sent
    /// as they are, behind what is in the spool: the next life would know them as `executor_restarted` only.
    func keepVerdicts(last: Bool = false) {
        guard !unkept.isEmpty else { return }
        for (id, held) in unkept {
            do { try outbox.conclude(id, held.verdict) } catch {
                guard last || (ContinuousClock.now - held.since).seconds > parts.times.keeping else { continue }
                logger.error(
                    "a verdict is sent without being kept", metadata: ["task": "\(id.task)", "error": "\(error)"])
                outbox.concludeUnkept(id, held.verdict)
            }
            unkept[id] = nil
        }
        schedulePump()
    }

    /// Looks after attempts whose spool cannot be read.
    func watchSpools() {
        let troubled = outbox.ids.filter { outbox[$0]?.trouble != nil }
        for id in troubled where !unreadable.contains(id) {
            logger.error(
                "output that was kept cannot be read, which is tried again",
                metadata: ["task": "\(id.task)", "error": "\(outbox[id]?.trouble?.description ?? "")"])
        }
        unreadable = Set(troubled)
        for id in outbox.ids {
            guard let fault = outbox[id]?.broken, running[id].map({ $0.stop == nil }) == true else { continue }
            logger.error("a stream was broken off", metadata: ["task": "\(id.task)", "error": "\(fault)"])
            end(id, .broken(fault), grace: 5)
        }
        if !troubled.isEmpty { schedulePump() }
    }
}

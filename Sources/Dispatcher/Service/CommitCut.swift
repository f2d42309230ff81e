import Messages

/// One batch on its way to the disk, and what follows its commit.
struct CommitCut {
    /// In the order of the queue.
    var parts: [CommitPart] = []
    /// Messages that wait for no task in particular.
    var effects: [Effect] = []
    /// Whether it renews the lease.
    var renews = false

    /// What the store writes.
    var batch: CommitBatch {
        var batch = CommitBatch(renews: renews)
        for part in parts {
            if let record = part.machine?.record { batch.records.append(record) }
            if let creation = part.creation { batch.creations[part.task] = creation }
            batch.events += part.events
            batch.approvals += part.approvals.values
        }
        batch.records.sort { $0.ordinal < $1.ordinal }
        batch.approvals.sort { $0.id < $1.id }
        return batch
    }

    /// All messages that follow, in order for each task.
    var allEffects: [Effect] { effects + parts.flatMap(\.effects) }

    /// The acknowledgements, coalesced per executor.
    var allAcks: [WorkerID: [AttemptAck]] {
        var all: [WorkerID: [AttemptAck]] = [:]
        for (attempt, ack) in parts.flatMap(\.acks) {
            all[ack.worker, default: []].append(
                AttemptAck(task: attempt.task, attempt: attempt.attempt, seq: ack.seq))
        }
        return all
    }

    /// Splits it into halves; the messages of no task go with the first.
    func halves() -> [CommitCut] {
        var (first, second) = (self, self)
        first.parts = Array(parts[..<(parts.count / 2)])
        second.parts = Array(parts[(parts.count / 2)...])
        second.effects = []
        second.renews = false
        return [first, second]
    }

    /// Resumes the callers that wait for the commit.
    func resume() {
        for waiter in parts.flatMap(\.waiters) { waiter.resume() }
    }

    /// Fails the callers that wait for the commit.
    func fail(_ fault: Fault) {
        for waiter in parts.flatMap(\.waiters) { waiter.resume(throwing: fault) }
    }
}

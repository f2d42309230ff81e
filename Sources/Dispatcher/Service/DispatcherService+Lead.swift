import Messages

/// Whether this process leads and may answer.
extension DispatcherService {
    /// Returns whether changes to an owner's tasks are taken.
    func isServing(_ owner: UserID) -> Bool { phase == .serving && shards[owner]?.phase == .serving }

    /// Checks that this process leads an owner's partition: in memory while that is certain, else in the store.
    /// - Throws: ``Fault`` `not_leader`, `unavailable` while stopping, or `storage_failed`.
    func assureLead(_ owner: UserID) async throws {
        if !lease.isCertain {
            do { try await store.checkLead() } catch {
                guard isNotLeader(error) else { throw unreadable(error) }
                depose()
            }
        }
        guard phase != .deposed, phase != .stopping, shards[owner] != nil else { throw notServing(owner) }
    }

    /// As ``assureLead(_:)``, for a change.
    /// - Throws: also ``Fault`` `storage_failed` while the store takes no write.
    func assureServing(_ owner: UserID) async throws {
        guard isServing(owner) else { throw phase == .serving ? notServing(owner) : lostFault }
        try await assureLead(owner)
        guard isServing(owner) else { throw lostFault }
    }

    /// Runs an operation that changes what is only in the store.
    /// - Throws: ``Fault``: that of `body`, `storage_failed`, or as ``assureServing(_:)``.
    func write<T: Sendable>(for owner: UserID, _ body: (any TaskStore) async throws -> T) async throws -> T {
        try await assureServing(owner)
        do { return try await body(store) } catch {
            if isNotLeader(error) { depose() }
            throw Fault.unwritten(error)
        }
    }

    /// Another process leads: from now on answers only that.
    func depose() {
        guard phase != .deposed, phase != .stopping else { return }
        phase = .deposed
        stale.count(.epoch)
        logger.critical("another process leads now", metadata: ["epoch": "\(store.epoch)"])
        _ = committer.fail(notServing)
        failSteers(notServing)
        let fault = notServing
        viewers.assumeIsolated { $0.fail(fault) }
        lease.end()
    }

    /// Returns when another process leads, at the stop, or after ``resumeSuccessors()``.
    func deposed() async {
        await withCheckedContinuation { lease.whenOver($0) }
    }

    /// Resumes the callers of ``deposed()``.
    func resumeSuccessors() { lease.end() }

    // MARK: Faults

    /// Why this process answers nothing.
    var notServing: Fault {
        phase == .deposed
            ? Fault(.notLeader, "this dispatcher does not lead any more; ask the new leader")
            : Fault(.unavailable, "the dispatcher is loading its tasks or stopping; try again")
    }

    /// Why this process answers nothing about an owner's tasks.
    func notServing(_ owner: UserID) -> Fault {
        let partition = Partition(owner: owner)
        guard phase != .deposed, phase != .stopping, shards[partition]?.phase != .loading else { return notServing }
        return Fault(.notLeader, "this dispatcher does not lead partition \(partition); ask its leader")
    }

    /// Why a change was not written.
    var lostFault: Fault {
        phase == .deposed || phase == .stopping ? notServing : committer.trouble ?? TaskStoreError.refused
    }

    /// Returns the answer to a failed read.
    func unreadable(_ error: any Error) -> Fault { .unreadable(error, logger) }
}

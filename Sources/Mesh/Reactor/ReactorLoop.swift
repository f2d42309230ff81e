import CZeroMQ
import Messages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension Reactor {
    /// A pause this long means that the process was stopped or the machine overloaded.
    private static let longPause: Duration = .milliseconds(500)

    /// The body of the thread.
    func loop() {
        var wake: ContinuousClock.Instant?
        while true {
            let phase = runQueue()
            turn(&wake)
            switch phase {
            case .running: continue
            case .stopping: closeAll()
            case .stopped: break
            }
            if finish() { return }
        }
    }

    /// One turn: receives, does what is due, and sleeps if nothing was received.
    private func turn(_ wake: inout ContinuousClock.Instant?) {
        guard context != nil else { return }
        let last = now
        now = .now
        let expected = max(wake ?? now, last)
        if now - expected > Self.longPause, last.duration(to: now) > Self.longPause {
            for member in members { member.excuseSilence(of: now - expected) }
        }
        var busy = false
        for member in members where member.receive() { busy = true }
        wake = nil
        for member in members {
            if let due = member.nextWake, due <= now { member.wake(now) }
            if let due = member.nextWake { wake = min(wake ?? due, due) }
        }
        if busy {
            wake = now
        } else {
            park(until: wake)
        }
    }

    /// Runs the queued items and returns the phase.
    private func runQueue() -> ReactorQueue.Phase {
        let (items, phase) = queue.withLock { queue in
            var items: [ReactorQueue.Item] = []
            swap(&items, &queue.items)
            return (items, queue.phase)
        }
        for item in items {
            switch item {
            case .job(let job):
                job.runSynchronously(
                    isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            case .work(let work): work()
            case .frame(let sender, let frame): sender.deliverPosted(frame)
            }
        }
        return phase
    }

    /// Sleeps until a socket has an event, the signal is raised or `wake` is due.
    ///
    /// `poll` costs one system call less than `zmq_poll`, and also wakes when a full connection has room again, which a
    /// ROUTER reports in no other way. A socket's descriptor signals events only, and any call on the socket clears
    /// it, so ``Socket/isReadable`` is read right before the sleep.
    private func park(until wake: ContinuousClock.Instant?) {
        let sleep = queue.withLock { queue in
            queue.isParked = queue.items.isEmpty && queue.phase == .running
            return queue.isParked
        }
        guard sleep else { return }
        descriptors.removeAll(keepingCapacity: true)
        descriptors.append(pollfd(fd: signal.reading, events: Int16(POLLIN), revents: 0))
        var readable = false
        for member in members {
            guard let socket = member.socket else { continue }
            descriptors.append(pollfd(fd: socket.descriptor, events: Int16(POLLIN), revents: 0))
            readable = readable || socket.isReadable
        }
        var timeout = Int32(-1)
        if readable {
            timeout = 0
        } else if let wake {
            // Rounded up, so that the loop does not spin through the last millisecond.
            timeout = Int32(clamping: max(0, Int((wake - .now) / .microseconds(1000)) + 1))
        }
        // A signal (EINTR) ends the sleep too; the next turn then finds nothing to do.
        poll(&descriptors, nfds_t(descriptors.count), timeout)
        queue.withLock { $0.isParked = false }
        if descriptors[0].revents != 0 { signal.lower() }
    }

    /// Closes the sockets before the context: otherwise the last replies would be lost.
    private func closeAll() {
        guard let context else { return }
        let linger = queue.withLock { $0.linger }
        // Cleared first, so that no callback of a closing member opens a socket, which would block zmq_ctx_term.
        self.context = nil
        for member in members { member.close(linger: linger) }
        members = []
        keyGuard = nil
        while zmq_ctx_term(context) != 0, zmq_errno() == EINTR {}
    }

    /// Marks the reactor as stopped if nothing is left to do; false when something is.
    private func finish() -> Bool {
        let waiters: [CheckedContinuation<Void, Never>]? = queue.withLock { queue in
            guard queue.items.isEmpty else { return nil }
            queue.phase = .stopped
            queue.hasThread = false
            clearThread()
            defer { queue.shutdownWaiters = [] }
            return queue.shutdownWaiters
        }
        for waiter in waiters ?? [] { waiter.resume() }
        return waiters != nil
    }
}

extension Reactor {
    /// Adds `member`; on the thread.
    func add(_ member: any ReactorMember) { members.append(member) }

    /// Removes `member`, which has been closed; on the thread.
    func remove(_ member: any ReactorMember) { members.removeAll { $0 === member } }
}

extension Reactor {
    /// Starts a task on the thread, and runs it at once up to its first suspension, so that requests and notices keep
    /// their order.
    func startTask(_ body: @escaping @Sendable () async -> Void) {
        if #available(macOS 26, *) {
            Task.immediate(executorPreference: self) { await body() }
        } else {
            Task(executorPreference: self) { await body() }
        }
    }
}

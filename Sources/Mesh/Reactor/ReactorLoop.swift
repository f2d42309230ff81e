import CZeroMQ
import Messages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What owns a socket on a reactor; all calls come on its thread.
protocol ReactorMember: AnyObject {
    /// The socket to poll; nil when it has none now.
    var socket: Socket? { get }
    /// When ``wake(_:)`` is wanted; nil = only after something was received.
    var nextWake: ContinuousClock.Instant? { get }
    /// Takes up to ``MeshBounds/received`` messages; true when there were any.
    func receive() -> Bool
    /// Does what is due.
    func wake(_ now: ContinuousClock.Instant)
    /// The thread did not run for `pause`: silence during it is not the other end's.
    func forgive(_ pause: Duration)
    /// Closes for good.
    func end(linger: Duration)
}

extension Reactor {
    /// A pause that no healthy loop makes: a stopped process or a starved machine.
    private static let longPause: Duration = .milliseconds(500)

    /// The thread's life.
    func loop() {
        var wake: ContinuousClock.Instant?
        while true {
            let phase = runInbox()
            turn(&wake)
            switch phase {
            case .running: continue
            case .stopping: closeAll()
            case .stopped: break
            }
            if finish() { return }
        }
    }

    /// A turn: receives, does what is due, and sleeps if there was nothing to do.
    private func turn(_ wake: inout ContinuousClock.Instant?) {
        guard context != nil else { return }
        let last = now
        now = .now
        let expected = max(wake ?? now, last)
        if now - expected > Self.longPause, last.duration(to: now) > Self.longPause {
            for member in members { member.forgive(now - expected) }
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

    /// Runs what was handed over; tells whether the end has been asked for.
    private func runInbox() -> Inbox.Phase {
        let (items, phase) = inbox.withLock { inbox in
            var items: [Inbox.Item] = []
            swap(&items, &inbox.items)
            return (items, inbox.phase)
        }
        for item in items {
            switch item {
            case .job(let job):
                job.runSynchronously(
                    isolatedTo: asUnownedSerialExecutor(), taskExecutor: asUnownedTaskExecutor())
            case .work(let work): work()
            case .frame(let peer, let frame): peer.deliver(frame)
            }
        }
        return phase
    }

    /// Sleeps until a socket, the signal or the clock says otherwise.
    ///
    /// In `poll` and not in `zmq_poll`: that is a system call less, and it wakes also when a connection that was full
    /// has room again, which a ROUTER tells in no other way. A socket's descriptor only says that there is news, and
    /// any call on the socket takes the news, so the socket itself is asked last thing.
    private func park(until wake: ContinuousClock.Instant?) {
        let sleep = inbox.withLock { inbox in
            inbox.parked = inbox.items.isEmpty && inbox.phase == .running
            return inbox.parked
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
            // Rounded up, else the loop would spin through the last millisecond.
            timeout = Int32(clamping: max(0, Int((wake - .now) / .microseconds(1000)) + 1))
        }
        // A signal (EINTR) ends the sleep, too; the loop finds out that there is nothing to do.
        poll(&descriptors, nfds_t(descriptors.count), timeout)
        inbox.withLock { $0.parked = false }
        if descriptors[0].revents != 0 { signal.lower() }
    }

    /// Sockets first, then the context, else the last replies would be lost.
    private func closeAll() {
        guard let context else { return }
        let linger = inbox.withLock { $0.linger }
        // Gone first, so that no callback of what is closed opens another socket, which would hold the end up for ever.
        self.context = nil
        for member in members { member.end(linger: linger) }
        members = []
        while zmq_ctx_term(context) != 0, zmq_errno() == EINTR {}
    }

    /// Ends the thread if nothing is left to do; false = there is.
    private func finish() -> Bool {
        let waiters: [CheckedContinuation<Void, Never>]? = inbox.withLock { inbox in
            guard inbox.items.isEmpty else { return nil }
            inbox.phase = .stopped
            inbox.threaded = false
            leave()
            defer { inbox.waiters = [] }
            return inbox.waiters
        }
        for waiter in waiters ?? [] { waiter.resume() }
        return waiters != nil
    }
}

extension Reactor {
    /// Lets `member` take part; on the thread.
    func add(_ member: any ReactorMember) { members.append(member) }

    /// Forgets `member`, which has been closed; on the thread.
    func remove(_ member: any ReactorMember) { members.removeAll { $0 === member } }
}

import CZeroMQ
import Messages
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The one thread of a process that owns every ZeroMQ socket, as a serial executor and a task executor:
/// actors that speak on the mesh run on it, and what the mesh calls back is called on it.
///
/// It lives until ``shutdown(linger:)``, even when nobody refers to it. Jobs that come later (actors that tidy up)
/// still run, in order, on a thread that lives just for them.
public final class Reactor: SerialExecutor, TaskExecutor {
    /// Counts what is received and what is dropped.
    let counters = MeshCounters()
    let inbox = Mutex(Inbox())
    let signal = WakeSignal()
    private let name: String
    /// The thread, as bits; 0 = none.
    private let thread = Atomic<UInt>(0)

    // Only touched on the thread.
    nonisolated(unsafe) var context: UnsafeMutableRawPointer?
    nonisolated(unsafe) var members: [any ReactorMember] = []
    nonisolated(unsafe) var now = ContinuousClock.now
    nonisolated(unsafe) var descriptors: [pollfd] = []

    /// Starts the thread.
    public init(name: String = "mesh") {
        self.name = name
        context = zmq_ctx_new()
        zmq_ctx_set(context, ZMQ_MAX_SOCKETS, 65_535)
        inbox.withLock { $0.threaded = true }
        start()
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let (wake, start) = inbox.withLock { inbox in
            inbox.items.append(.job(job))
            let start = !inbox.threaded
            inbox.threaded = true
            return (inbox.unpark(), start)
        }
        if wake { signal.raise() }
        if start { self.start() }
    }

    /// Whether the caller is on this thread.
    public func isIsolatingCurrentContext() -> Bool? { isCurrent }

    /// Stops the process when the caller is not on this thread.
    public func checkIsolated() {
        precondition(isCurrent, "this must be called on the mesh's reactor")
    }

    /// Runs `work` on the thread, after everything that was posted before; callable from anywhere, never waits.
    /// Dropped after the end.
    public func post(_ work: @escaping @Sendable () -> Void) { _ = submit(.work(work)) }

    /// Closes every socket (lingering up to `linger`), ends the thread. Idempotent.
    public func shutdown(linger: Duration = .seconds(1)) async {
        await withCheckedContinuation { continuation in
            let (over, wake) = inbox.withLock { inbox in
                if inbox.phase == .stopped { return (true, false) }
                if inbox.phase == .running {
                    inbox.phase = .stopping
                    inbox.linger = linger
                }
                inbox.waiters.append(continuation)
                return (false, inbox.unpark())
            }
            if over { continuation.resume() }
            if wake { signal.raise() }
        }
    }

    /// As ``isIsolatingCurrentContext()``.
    var isCurrent: Bool { thread.load(ordering: .relaxed) == Self.currentThread }

    /// Hands `item` over; false when the reactor has ended and it was dropped.
    func submit(_ item: Inbox.Item) -> Bool {
        let (taken, wake) = inbox.withLock { inbox in
            guard inbox.phase != .stopped else { return (false, false) }
            inbox.items.append(item)
            return (true, inbox.unpark())
        }
        if wake { signal.raise() }
        return taken
    }

    /// Runs `work` now when on the thread, else posts it; false as in ``submit(_:)``.
    @discardableResult
    func perform(_ work: @escaping @Sendable () -> Void) -> Bool {
        if isCurrent {
            work()
            return true
        }
        return submit(.work(work))
    }

    private static var currentThread: UInt {
        #if canImport(Darwin)
            UInt(bitPattern: pthread_self())
        #else
            UInt(pthread_self())
        #endif
    }

    /// Starts a thread that has all signals masked, so that they reach threads that expect them.
    private func start() {
        var all = sigset_t()
        var before = sigset_t()
        sigfillset(&all)
        pthread_sigmask(SIG_SETMASK, &all, &before)
        let reactor = Unmanaged.passRetained(self).toOpaque()
        #if canImport(Darwin)
            var thread: pthread_t?
            let status = pthread_create(&thread, nil, { Reactor.enter($0) }, reactor)
        #else
            var thread = pthread_t()
            let status = pthread_create(&thread, nil, { Reactor.enter($0!) }, reactor)
        #endif
        precondition(status == 0, "no thread can be started for the mesh")
        pthread_sigmask(SIG_SETMASK, &before, nil)
    }

    private static func enter(_ pointer: UnsafeMutableRawPointer) -> UnsafeMutableRawPointer? {
        let reactor = Unmanaged<Reactor>.fromOpaque(pointer).takeRetainedValue()
        pthread_detach(pthread_self())
        #if os(Linux)
            _ = wegent_name_thread(reactor.name)
        #endif
        reactor.thread.store(currentThread, ordering: .relaxed)
        reactor.loop()
        return nil
    }

    /// The thread gives its identity up; called by itself, last thing.
    func leave() { thread.store(0, ordering: .relaxed) }
}

extension Inbox {
    /// Notes that the thread is awake; true = the caller must raise the signal.
    mutating func unpark() -> Bool {
        defer { parked = false }
        return parked
    }
}

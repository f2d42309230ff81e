import CZeroMQ
import Logging
import Messages
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The one thread of a process that owns every ZeroMQ socket, as a serial executor and a task executor: actors that
/// use the mesh run on it, and the mesh makes its callbacks on it.
///
/// It runs until ``shutdown(linger:)``, even without references to it. Jobs enqueued later (actors that clean up)
/// still run, in order, on a short-lived thread.
public final class Reactor: SerialExecutor, TaskExecutor {
    let counters = MeshCounters()
    let queue = Mutex(ReactorQueue())
    let signal = WakeSignal()
    /// How its sockets are protected.
    public let security: MeshSecurity
    private let name: String
    /// The thread's handle as an integer; 0 = none.
    private let thread = Atomic<UInt>(0)

    // Only touched on the thread.
    nonisolated(unsafe) var context: UnsafeMutableRawPointer?
    nonisolated(unsafe) var members: [any ReactorMember] = []
    nonisolated(unsafe) var now = ContinuousClock.now
    nonisolated(unsafe) var refusals = RefusalLog()
    nonisolated(unsafe) var keyGuard: KeyGuard?
    nonisolated(unsafe) var descriptors: [pollfd] = []

    /// Starts the thread.
    public init(name: String = "mesh", security: MeshSecurity = .local) {
        self.name = name
        self.security = security
        context = zmq_ctx_new()
        zmq_ctx_set(context, ZMQ_MAX_SOCKETS, 65_535)
        queue.withLock { $0.hasThread = true }
        start()
    }

    public func enqueue(_ job: consuming ExecutorJob) {
        let job = UnownedJob(job)
        let (wake, start) = queue.withLock { queue in
            queue.items.append(.job(job))
            let start = !queue.hasThread
            queue.hasThread = true
            return (queue.unpark(), start)
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

    /// Runs `work` on the thread, after everything posted before; callable on any thread, never waits. After the stop
    /// `work` is dropped.
    public func post(_ work: @escaping @Sendable () -> Void) { _ = submit(.work(work)) }

    /// Closes every socket (sending queued messages for up to `linger`) and ends the thread. Idempotent.
    public func shutdown(linger: Duration = .seconds(1)) async {
        await withCheckedContinuation { continuation in
            let (isStopped, wake) = queue.withLock { queue in
                if queue.phase == .stopped { return (true, false) }
                if queue.phase == .running {
                    queue.phase = .stopping
                    queue.linger = linger
                }
                queue.shutdownWaiters.append(continuation)
                return (false, queue.unpark())
            }
            if isStopped { continuation.resume() }
            if wake { signal.raise() }
        }
    }

    /// Protects a socket to bind with keys; on the thread.
    /// - Throws: ``Fault`` `unavailable`.
    func secure(_ socket: Socket, _ pair: MeshKeyPair, _ allowed: AllowList, logger: Logger) throws {
        if keyGuard == nil { keyGuard = try KeyGuard(allowed, reactor: self, logger: logger) }
        try socket.secure(serving: pair)
    }

    /// Counts a refused connection and logs it, once a minute for each `subject`; on the thread.
    func refuse(_ reason: MeshRefusal, _ subject: String, _ metadata: Logger.Metadata, logger: Logger) {
        counters.refuse(reason)
        guard let more = refusals.admit("\(reason.rawValue) \(subject)", now: now) else { return }
        var metadata = metadata
        metadata["reason"] = "\(reason.rawValue)"
        if more > 0 { metadata["not_logged"] = "\(more)" }
        logger.warning("a connection of the mesh was refused", metadata: metadata)
    }

    /// Whether the caller is on the thread.
    var isCurrent: Bool { thread.load(ordering: .relaxed) == Self.currentThread }

    /// Queues `item`; false when the reactor has stopped and `item` was dropped.
    func submit(_ item: ReactorQueue.Item) -> Bool {
        let (accepted, wake) = queue.withLock { queue in
            guard queue.phase != .stopped else { return (false, false) }
            queue.items.append(item)
            return (true, queue.unpark())
        }
        if wake { signal.raise() }
        return accepted
    }

    /// Runs `work` now when called on the thread, else posts it; false as in ``submit(_:)``.
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

    /// Starts a thread with all signals masked, so that the threads that handle signals receive them.
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
        precondition(status == 0, "cannot start the mesh's thread")
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

    /// Clears the thread's handle; called by the thread before it ends.
    func clearThread() { thread.store(0, ordering: .relaxed) }
}

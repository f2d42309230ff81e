import Messages

/// The one thread of a process that owns every ZeroMQ socket, as a serial executor and a task executor:
/// actors that speak on the mesh run on it, and what the mesh calls back is called on it.
public final class Reactor: SerialExecutor, TaskExecutor {
    public init(name: String = "mesh") { fatalError("contract") }

    public func enqueue(_ job: consuming ExecutorJob) { fatalError("contract") }

    /// Whether the caller is on this thread.
    public func isIsolatingCurrentContext() -> Bool? { fatalError("contract") }

    /// Runs `work` on the thread, after everything that was posted before; callable from anywhere, never waits.
    public func post(_ work: @escaping @Sendable () -> Void) { fatalError("contract") }

    /// Closes every socket (lingering up to `linger`), ends the thread. Idempotent.
    public func shutdown(linger: Duration = .seconds(1)) async { fatalError("contract") }
}

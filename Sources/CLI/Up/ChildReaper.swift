import Executor
import Synchronization

/// Kills the executor's child processes when `wegent up` is forced to exit before it has stopped, so that no agent outlives
/// it.
final class ChildReaper: Sendable {
    private let executor = Mutex<ExecutorServer?>(nil)

    /// Sets the executor that starts children.
    func register(_ executor: ExecutorServer) { self.executor.withLock { $0 = executor } }

    /// Kills the children. Does not wait for their end.
    func killChildren() { executor.withLock { $0 }?.killChildren() }
}

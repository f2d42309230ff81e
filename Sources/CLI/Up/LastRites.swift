import Executor
import Synchronization

/// What is left to do when `wegent up` ends without stopping: no agent may outlive it.
final class LastRites: Sendable {
    private let executor = Mutex<ExecutorServer?>(nil)

    /// From now on there is an executor whose children must end with this process.
    func hold(_ executor: ExecutorServer) { self.executor.withLock { $0 = executor } }

    /// Kills what the executor has started. Does not wait.
    func perform() { executor.withLock { $0 }?.killChildren() }
}

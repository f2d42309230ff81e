import CSpawn
import Dispatch
import Synchronization

/// Threads for calls that block: starting processes, and searching the process table.
///
/// All are started at once, at the first use: where a task has used up the system's processes no thread can be started,
/// and just then processes have to be found and ended. A call that hangs (a directory on a dead network mount) keeps one
/// thread; jobs wait in a queue, at most one for each caller.
final class ProcessThreads: Sendable {
    /// For starting processes: a search that takes long must not hold one up.
    static let spawns = ProcessThreads(6)
    /// For searching the process table.
    static let searches = ProcessThreads(10)

    private let jobs = Mutex<[@Sendable () -> Void]>([])
    private let waiting = DispatchSemaphore(value: 0)

    private init(_ count: Int) {
        var started = 0
        for _ in 0..<count where Self.start({ [self] in work() }) { started += 1 }
        // Without a thread of our own, the pool's have to do.
        if started == 0 { DispatchQueue.global().async { [self] in work() } }
    }

    /// Runs `body` on one of the threads, also in a cancelled task.
    func run<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { done in
            jobs.withLock { $0.append { done.resume(returning: body()) } }
            waiting.signal()
        }
    }

    private func work() {
        while true {
            waiting.wait()
            let job = jobs.withLock { $0.isEmpty ? nil : $0.removeFirst() }
            job?()
        }
    }

    /// Starts a thread that gets no signals.
    /// - Returns: whether the system has allowed it.
    static func start(_ body: @escaping @Sendable () -> Void) -> Bool {
        let entry = Unmanaged.passRetained(Entry(body))
        let error = wegent_thread(
            { context in
                guard let context else { return }
                Unmanaged<Entry>.fromOpaque(context).takeRetainedValue().body()
            }, entry.toOpaque())
        if error != 0 { entry.release() }
        return error == 0
    }

    private final class Entry: Sendable {
        let body: @Sendable () -> Void
        init(_ body: @escaping @Sendable () -> Void) { self.body = body }
    }
}

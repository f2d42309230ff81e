import Foundation
import Synchronization

/// Looks at a process' resident memory every 20 ms and remembers the most.
final class PeakMemory: Sendable {
    private final class Shared: Sendable { let most = Mutex(0.0) }

    private let shared = Shared()
    private let watch: Task<Void, Never>

    init(_ pid: Int32) {
        watch = Task { [shared] in
            while !Task.isCancelled {
                let now = ProcessFigures.resident(pid)
                shared.most.withLock { $0 = max($0, now) }
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    deinit { watch.cancel() }

    /// The most so far, in bytes.
    var bytes: Double { shared.most.withLock { $0 } }
}

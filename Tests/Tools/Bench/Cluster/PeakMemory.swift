import Foundation
import Synchronization

/// Samples a process's resident memory every 20 ms and keeps the highest value.
final class PeakMemory: Sendable {
    private final class Shared: Sendable { let highest = Mutex(0.0) }

    private let shared = Shared()
    private let watch: Task<Void, Never>

    init(_ pid: Int32) {
        watch = Task { [shared] in
            while !Task.isCancelled {
                let now = ProcessFigures.resident(pid)
                shared.highest.withLock { $0 = max($0, now) }
                try? await Task.sleep(for: .milliseconds(20))
            }
        }
    }

    deinit { watch.cancel() }

    /// The highest value so far, in bytes.
    var bytes: Double { shared.highest.withLock { $0 } }
}

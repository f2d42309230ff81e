import Dispatch
import Logging
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Watches SIGINT and SIGTERM on a queue of its own, so that a stop is kept to even when every other thread hangs.
/// The first signal calls `stop` and starts the clock; the second one, or the clock, ends the process.
final class StopSignals: Sendable {
    /// Sources may be used from any thread; their type does not say so.
    private struct Source: @unchecked Sendable {
        var source: any DispatchSourceSignal
    }

    private let sources = Mutex<[Source]>([])
    private let stopping = Mutex(false)
    private let queue = DispatchQueue(label: "stop-signals", qos: .userInteractive)
    private let lastRites: @Sendable () -> Void

    /// Returns when the signals are watched: until then they would end the process.
    init(
        bound: Duration, logger: Logger, lastRites: @escaping @Sendable () -> Void, stop: @escaping @Sendable () -> Void
    ) async {
        self.lastRites = lastRites
        for number in [SIGINT, SIGTERM] {
            #if canImport(Darwin)
                // Dispatch on Darwin only observes: the default action would still end the process.
                signal(number, SIG_IGN)
            #endif
            let source = DispatchSource.makeSignalSource(signal: number, queue: queue)
            source.setEventHandler { [weak self] in
                self?.received(number, bound: bound, logger: logger, stop: stop)
            }
            await withCheckedContinuation { registered in
                source.setRegistrationHandler { registered.resume() }
                source.resume()
            }
            let watched = Source(source: source)
            sources.withLock { $0.append(watched) }
        }
    }

    func cancel() {
        sources.withLock { sources in
            for watched in sources { watched.source.cancel() }
            sources = []
        }
    }

    private func received(_ number: Int32, bound: Duration, logger: Logger, stop: @Sendable () -> Void) {
        let second = stopping.withLock { stopping in
            defer { stopping = true }
            return stopping
        }
        // What the shell says of a process that a signal has ended.
        if second { end(128 + number) }
        logger.notice("stopping", metadata: ["signal": number == SIGINT ? "SIGINT" : "SIGTERM"])
        let milliseconds = Int(bound / .milliseconds(1))
        queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [self] in
            logger.critical("not stopped in time, giving up", metadata: ["ms": "\(milliseconds)"])
            end(1)
        }
        stop()
    }

    private func end(_ code: Int32) -> Never {
        lastRites()
        _exit(code)
    }
}

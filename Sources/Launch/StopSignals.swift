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

/// Handles SIGINT and SIGTERM on a queue of its own, so that a stop works even when every other thread hangs. The first
/// signal calls `stop` and starts a timer; a second signal, or the timer, ends the process.
final class StopSignals: Sendable {
    /// Dispatch sources are thread-safe, but not declared Sendable.
    private struct Source: @unchecked Sendable {
        var source: any DispatchSourceSignal
    }

    private let sources = Mutex<[Source]>([])
    private let isStopping = Mutex(false)
    private let queue = DispatchQueue(label: "stop-signals", qos: .userInteractive)
    private let onForcedExit: @Sendable () -> Void

    /// Returns when the signals are handled: before that they would end the process.
    init(
        bound: Duration, logger: Logger, onForcedExit: @escaping @Sendable () -> Void,
        stop: @escaping @Sendable () -> Void
    ) async {
        self.onForcedExit = onForcedExit
        for number in [SIGINT, SIGTERM] {
            #if canImport(Darwin)
                // Dispatch on Darwin only observes a signal; its default action would still end the process.
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
        let isSecond = isStopping.withLock { isStopping in
            defer { isStopping = true }
            return isStopping
        }
        // The shell's exit code for a process that a signal has ended.
        if isSecond { end(128 + number) }
        logger.notice("stopping", metadata: ["signal": number == SIGINT ? "SIGINT" : "SIGTERM"])
        let milliseconds = Int(bound / .milliseconds(1))
        queue.asyncAfter(deadline: .now() + .milliseconds(milliseconds)) { [self] in
            logger.critical("services did not stop in time, exiting", metadata: ["ms": "\(milliseconds)"])
            end(1)
        }
        stop()
    }

    private func end(_ code: Int32) -> Never {
        onForcedExit()
        _exit(code)
    }
}

import Logging
import Messages

/// The stop of an executor: a drain with a deadline, then the end of everything that still runs.
extension ExecutorService {
    /// Accepts no new tasks, lets running ones continue during the drain, then stops them; waits a short time for the
    /// acknowledgement of the last events, and hangs up. A second call returns when the first has ended.
    func stop() async {
        guard !draining else {
            _ = await stopped.wait(within: parts.times.longestStop.seconds)
            return
        }
        draining = true
        report()
        await drain()
        for attempt in attempts.running { advance(attempt.id) { $0.stop(.shutdown, grace: parts.times.stopGrace) } }
        await settle(within: parts.times.stopGrace + 6) { attempts.running.isEmpty }
        keepVerdicts(last: true)
        await settle(within: acknowledgementTimeout) { !session.isUp || attempts.isEmpty }
        hangUp()
        await agents.shutDown()
        parts.children.killAll()
        await previousRuns.forget(parts.children.boot)
        parts.home.release()
        stopped.fire()
    }

    /// Seconds to wait for the acknowledgement of the last events: a healthy dispatcher takes milliseconds.
    private var acknowledgementTimeout: Double { parts.times.drain > 0 ? 3 : 0.5 }

    private func drain() async {
        guard !attempts.running.isEmpty, parts.times.drain > 0 else { return }
        logger.notice(
            "draining: waiting for running tasks, a second signal ends them at once",
            metadata: ["tasks": "\(attempts.running.count)", "for_s": "\(parts.times.drain)"])
        await settle(within: parts.times.drain) { attempts.running.isEmpty }
        guard !attempts.running.isEmpty else { return }
        logger.notice("the drain is over, ending what still runs", metadata: ["tasks": "\(attempts.running.count)"])
    }

    /// Waits until `condition` holds; checks it after each ``changed()``.
    private func settle(within seconds: Double, _ condition: () -> Bool) async {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while !condition() {
            let left = (deadline - .now).seconds
            guard left > 0 else { return }
            let next = OneShotEvent()
            change = next
            _ = await next.wait(within: left)
        }
    }

    /// Lets ``settle(within:_:)`` check its condition again: an attempt, the outbox or the link has changed.
    func changed() { change?.fire() }
}

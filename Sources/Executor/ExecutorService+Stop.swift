import Logging
import Messages

/// The end: a drain with a deadline, then everything that still runs, then goodbye.
extension ExecutorService {
    /// Takes no new work, lets what runs go on for as long as the drain lasts, ends what is left, hands over what can be
    /// handed over, and hangs up.
    func stop() async {
        guard !draining else { return await ended() }
        draining = true
        report()
        await drain()
        for id in running.keys { end(id, .shutdown, grace: parts.times.stopGrace) }
        await settle(within: parts.times.stopGrace + 6) { self.running.isEmpty }
        keepVerdicts(last: true)
        await settle(within: handOver) { self.session.phase != .up || self.outbox.ids.isEmpty }
        handle(.stop)
        ticker?.cancel()
        dial?.cancel()
        conclude(.failure(CancellationError()))
        await withTaskGroup(of: Void.self) { group in
            for agent in parts.agents { group.addTask { await agent.shutDown() } }
        }
        parts.children.killAll()
        await lives.forget(parts.children.boot)
        parts.home.release()
        over.happen()
    }

    var lives: EarlierLives { EarlierLives(home: parts.home, logger: logger) }

    /// How long acks of what is in the outbox are waited for at the end: a leader that is well takes milliseconds.
    private var handOver: Double { parts.times.drain > 0 ? 3 : 0.5 }

    private func drain() async {
        guard !running.isEmpty, parts.times.drain > 0 else { return }
        logger.notice(
            "draining: waiting for running tasks, a second signal ends them at once",
            metadata: ["tasks": "\(running.count)", "for_s": "\(parts.times.drain)"])
        await settle(within: parts.times.drain) { self.running.isEmpty }
        guard !running.isEmpty else { return }
        logger.notice("the drain is over, ending what still runs", metadata: ["tasks": "\(running.count)"])
    }

    /// Waits for the end of a stop that somebody else has asked for.
    private func ended() async { _ = await over.wait(within: parts.times.longestStop.seconds) }

    /// Waits until `condition` holds; asked again at each ``changed()``.
    private func settle(within seconds: Double, _ condition: () -> Bool) async {
        let deadline = ContinuousClock.now + .seconds(seconds)
        while !condition() {
            let left = (deadline - .now).seconds
            guard left > 0 else { return }
            let next = Occurrence()
            change = next
            _ = await next.wait(within: left)
        }
    }

    /// Something has changed that a stop may wait for: an attempt has ended, an outbox is empty, the link is gone.
    func changed() { change?.happen() }
}

import Messages
import Metrics

/// Events whose payloads were refused when their message was read (``EventsAppend``).
extension DispatcherService {
    /// Counts refused events and reports them to their session, at most once in 2 s and task: the report must not become
    /// a flood of its own.
    func refused(_ message: EventsRefused, from ref: SessionRef) {
        Counter(label: "dispatcher_refused", dimensions: [("reason", "payload")]).increment(by: message.count)
        let attempt = AttemptID(task: message.task, attempt: message.attempt)
        guard let worker = sender(ref), let task = current(attempt, worker) else { return }
        let now = clock.monotonic()
        if let last = task.refusedAt, now - last < DispatcherLimits.repeatMs { return }
        task.refusedAt = now
        logger.warning(
            "events refused",
            metadata: [
                "task": "\(message.task)", "attempt": "\(message.attempt)", "events": "\(message.count)",
                "reason": "\(message.fault.message)",
            ])
        notify(worker, message)
    }
}

import Messages

/// Remembers the stops that were sent for unwanted attempts, so that a flood of their messages is answered once in 2 s.
struct UnwantedStops {
    private var sent: [AttemptID: (at: Int64, session: SessionRef?)] = [:]

    /// Returns whether a stop is to be sent now, in monotonic ms, and remembers it. One that was sent in an earlier
    /// session may not have arrived.
    mutating func isDue(_ attempt: AttemptID, session: SessionRef?, now: Int64) -> Bool {
        if let last = sent[attempt], last.session == session, now - last.at < DispatcherLimits.repeatMs { return false }
        if sent.count >= DispatcherLimits.unwantedStops { sent = [:] }
        sent[attempt] = (now, session)
        return true
    }
}

import TestClient

/// The attempts of a task, read from its log.
struct Attempts {
    /// The output of each attempt, in order; empty without an attempt.
    private(set) var texts: [String] = []

    var count: Int { texts.count }

    init(_ events: [TaskEvent]) {
        var last = 0
        for event in events {
            if event.state == "assigned" || event.state == "running", let attempt = event.data["attempt"].int,
                attempt > last
            {
                last = attempt
                texts.append("")
            }
            let text = event.answer
            guard !text.isEmpty else { continue }
            if texts.isEmpty { texts.append("") }
            texts[texts.count - 1] += text
        }
    }
}

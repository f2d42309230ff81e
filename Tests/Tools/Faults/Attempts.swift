import TestClient

/// The attempts that a task's log tells of.
struct Attempts {
    /// What each of them said, in their order; nothing when none was made.
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
            let text = event.text
            guard !text.isEmpty else { continue }
            if texts.isEmpty { texts.append("") }
            texts[texts.count - 1] += text
        }
    }
}

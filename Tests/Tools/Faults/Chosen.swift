import TestClient

/// What an order chooses for its task, and what it may expect for that.
struct Chosen: Sendable {
    enum OnDisconnect: String, CaseIterable, Sendable { case fail, wait, requeue }

    var onDisconnect = OnDisconnect.fail
    var waitsWhenOffline = false
    var priority = "normal"
    /// Seconds; nil = the dispatcher's.
    var grace: Int?

    /// Half of all tasks choose nothing.
    static func random(_ random: inout SeededRandom) -> Chosen {
        guard random.once(in: 2) else { return Chosen() }
        return Chosen(
            onDisconnect: OnDisconnect.allCases.randomElement(using: &random) ?? .fail,
            waitsWhenOffline: random.once(in: 2),
            priority: ["low", "normal", "high"].randomElement(using: &random) ?? "normal",
            grace: random.once(in: 4) ? 0 : nil)
    }

    /// The fields of `POST /tasks`, each with a comma before it.
    var fields: String {
        var text = #","on_disconnect":"\#(onDisconnect.rawValue)","priority":"\#(priority)""#
        if waitsWhenOffline { text += #","if_offline":"wait""# }
        if let grace { text += #","grace_s":\#(grace)"# }
        return text
    }

    /// The codes with which the task may fail, where one that chooses nothing may fail with `usual`.
    func allowed(_ usual: Set<String>) -> Set<String> {
        switch onDisconnect {
        // Without a grace every lost connection is the end.
        case .fail: grace == 0 ? usual.union(["device_disconnected"]) : usual
        // Its device may be away for as long as it likes, but a dead executor has lost its processes.
        case .wait: usual.intersection(["executor_restarted"])
        case .requeue: usual.isEmpty && grace != 0 ? [] : ["attempts_exhausted"]
        }
    }
}

import TestClient

/// The choices of a submission, and the outcomes that they allow.
struct TaskChoices: Sendable {
    enum OnDisconnect: String, CaseIterable, Sendable { case fail, wait, requeue }

    var onDisconnect = OnDisconnect.fail
    var waitsWhenOffline = false
    var priority = "normal"
    /// Grace in seconds; nil = the dispatcher's default.
    var grace: Int?

    /// Returns random choices; half of all tasks have the defaults.
    static func random(_ random: inout SeededRandom) -> TaskChoices {
        guard random.once(in: 2) else { return TaskChoices() }
        return TaskChoices(
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

    /// Returns the codes with which the task may fail, if a task with the defaults may fail with `usual`.
    func allowedCodes(_ usual: Set<String>) -> Set<String> {
        switch onDisconnect {
        // Without a grace, every lost connection fails the task.
        case .fail: grace == 0 ? usual.union(["device_disconnected"]) : usual
        // The device may be away for any time, but a killed executor has lost its processes.
        case .wait: usual.intersection(["executor_restarted"])
        case .requeue: usual.isEmpty && grace != 0 ? [] : ["attempts_exhausted"]
        }
    }
}

extension ClaudeLine {
    /// Tools with which the agent may start by itself later.
    private static let timers: Set<String> = ["CronCreate", "ScheduleWakeup"]

    /// Whether the agent arranges to start by itself later. Its process ends with the turn: nothing runs without a task.
    var setsTimer: Bool {
        type == "assistant"
            && message?.content.contains { $0.type == "tool_use" && Self.timers.contains($0.name ?? "") } == true
    }
}

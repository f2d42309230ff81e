import Messages

/// The permission requests of one Claude Code process: what is asked, what is decided without a person, and the lines that
/// answer. A value.
struct ClaudeRequests {
    /// What follows from a request.
    enum Admission {
        /// A person is asked.
        case ask(PermissionRequest)
        /// It is denied at once: the event for the task's viewers, and the answer.
        case deny(AgentEvent, answer: [UInt8])
    }

    private static let planning =
        "this task is in plan mode: nothing may be changed. Write down your plan and present it with ExitPlanMode"
    private static let denial = "the task is ending"

    /// The workspace.
    let directory: String
    /// Whether the process is in plan mode, until a person allows its plan.
    private(set) var isPlanning: Bool
    /// Requests that a person has not answered.
    private var open: Set<String> = []

    init(directory: String, isPlanning: Bool) {
        self.directory = directory
        self.isPlanning = isPlanning
    }

    /// Takes a request.
    mutating func admit(_ id: String, _ request: ControlRequest) -> Admission {
        let permission = ClaudePermission.permissionRequest(id, request, in: directory)
        if let why = ClaudePermission.unreadable(request) {
            return .deny(
                .log("error", "\(permission.tool) was denied: \(why)", source: "claude-code"),
                answer: ClaudeMessages.deny(request: id, message: why))
        }
        if isPlanning, ClaudePermission.isOutOfPlan(request) {
            return .deny(
                .log("notice", "\(permission.title) was denied: the task is in plan mode", source: "claude-code"),
                answer: ClaudeMessages.deny(request: id, message: Self.planning))
        }
        open.insert(id)
        return .ask(permission)
    }

    /// Takes a person's decision. Only the first one counts, and only while the request is open.
    /// - Parameter isEnding: whether the turn is being ended, so that nothing is allowed any more.
    mutating func answer(_ request: PermissionRequest, _ decision: PermissionDecision, isEnding: Bool) -> [UInt8]? {
        guard open.remove(request.request) != nil else { return nil }
        switch decision {
        case .allow where isEnding: return ClaudeMessages.deny(request: request.request, message: Self.denial)
        case .allow(let rules, let answer):
            // From now on it may do more than plan: it is not reused for a turn in plan mode.
            if request.tool == "ExitPlanMode" { isPlanning = false }
            return ClaudeMessages.allow(
                request: request.request, input: ClaudePermission.input(of: request, answer), rules: rules)
        case .deny(let message, _): return ClaudeMessages.deny(request: request.request, message: message)
        }
    }

    /// The process no longer waits for an answer.
    mutating func withdraw(_ id: String) { open.remove(id) }

    /// Gives up every open request of a process that is about to end.
    /// - Returns: their ids.
    mutating func abandon() -> [String] {
        defer { open = [] }
        return open.sorted()
    }

    /// Denies every open request: a warm process must not wait for an answer.
    mutating func close() -> [[UInt8]] {
        defer { open = [] }
        return open.sorted().map { ClaudeMessages.deny(request: $0, message: Self.denial) }
    }
}

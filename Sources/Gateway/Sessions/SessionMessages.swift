import Messages

/// What passes between an executor and the mesh.
enum SessionMessages {
    /// The only notices of an executor that are passed on: nothing else of its may look as if the gateway had sent it.
    static let fromExecutor: Set<String> = [
        DeviceReport.type, TaskStarted.type, TaskRejected.type, TaskFinished.type, EventsAppend.type,
        HistoryWanted.type, ApprovalRequest.type, ApprovalClosed.type,
    ]

    /// The most bytes of a notice's body: all but a few are short.
    static func limit(of type: String) -> Int {
        switch type {
        case EventsAppend.type, DeviceReport.type, TaskFinished.type: Limits.webSocketMessage
        default: Limits.executorNotice
        }
    }
}

/// Why a frame was dropped; the values of the metric's `reason`.
enum DropReason: String, Sendable, Equatable {
    /// The header cannot be read.
    case malformed
    /// Before the registration.
    case unregistered
    /// Not of ``SessionMessages/fromExecutor``, or no notice.
    case notAllowed = "not_allowed"
    /// Over ``SessionMessages/limit(of:)``.
    case tooLarge = "too_large"
    /// No leader can be reached; the executor repeats it.
    case linkDown = "link_down"
    /// From a dispatcher that does not lead the owner.
    case staleLeader = "stale_leader"
}

import Messages

/// The notices that an executor may send through the gateway.
enum SessionMessages {
    /// The types that are relayed. Any other is dropped, so that an executor cannot send in the gateway's name.
    static let fromExecutor: Set<String> = [
        DeviceReport.type, TaskStarted.type, TaskRejected.type, TaskFinished.type, EventsAppend.type,
        HistoryWanted.type, ApprovalRequest.type, ApprovalClosed.type, TaskSteerRefused.type,
    ]
}

/// Why a session dropped a frame; the values of the metric's `reason`.
enum RelayDropReason: String, Sendable, Equatable {
    /// The header cannot be read.
    case malformed
    /// It came before the registration.
    case unregistered
    /// It is not of ``SessionMessages/fromExecutor``, or is no notice.
    case notAllowed = "not_allowed"
    /// Its body is over the limit of its type, ``BodyLimits``.
    case tooLarge = "too_large"
    /// No leader is connected; the executor sends it again.
    case linkDown = "link_down"
    /// It is from a dispatcher that does not lead the owner.
    case staleLeader = "stale_leader"
}

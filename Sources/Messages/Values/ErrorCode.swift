/// A stable error code. Codes are added, never changed; the number is the HTTP status of an answer with it.
public struct ErrorCode: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    // MARK: Requests

    /// 400: the body is not JSON.
    public static let invalidJSON = ErrorCode(rawValue: "invalid_json")
    /// 400 or 422: a field is missing, of the wrong type or out of range.
    public static let invalidRequest = ErrorCode(rawValue: "invalid_request")
    /// 422: the prompt has no text.
    public static let promptEmpty = ErrorCode(rawValue: "prompt_empty")
    /// 413: the prompt is over 1 MiB of UTF-8.
    public static let promptTooLarge = ErrorCode(rawValue: "prompt_too_large")
    /// 413: the request's body is over the limit of its route.
    public static let bodyTooLarge = ErrorCode(rawValue: "body_too_large")
    /// 409: the task names no target and the user has no default device.
    public static let targetRequired = ErrorCode(rawValue: "target_required")
    /// 409: several of the user's devices have the name that the task has as its target.
    public static let targetAmbiguous = ErrorCode(rawValue: "target_ambiguous")
    /// 409: the idempotency key was used with another body within 24 h.
    public static let idempotencyMismatch = ErrorCode(rawValue: "idempotency_mismatch")
    /// 409: the state of the task, conversation or other object does not allow this.
    public static let conflict = ErrorCode(rawValue: "conflict")
    /// 429: the user has as many queued tasks as are allowed.
    public static let queueFull = ErrorCode(rawValue: "queue_full")
    /// 404: no such path.
    public static let routeNotFound = ErrorCode(rawValue: "route_not_found")
    /// 405: the path exists but not with this method.
    public static let methodNotAllowed = ErrorCode(rawValue: "method_not_allowed")
    /// 429: too many tries; `Retry-After` gives the pause.
    public static let rateLimited = ErrorCode(rawValue: "rate_limited")

    /// The user has as many devices as are allowed.
    public static let deviceLimit = ErrorCode(rawValue: "device_limit")

    // MARK: Access

    /// 401: no bearer token was sent.
    public static let tokenMissing = ErrorCode(rawValue: "token_missing")
    /// 401: the token is not one of this server's.
    public static let tokenInvalid = ErrorCode(rawValue: "token_invalid")
    /// 401: the token has expired.
    public static let tokenExpired = ErrorCode(rawValue: "token_expired")
    /// 401: the token was revoked.
    public static let tokenRevoked = ErrorCode(rawValue: "token_revoked")
    /// 401: name or password is wrong.
    public static let loginFailed = ErrorCode(rawValue: "login_failed")

    // MARK: Not found

    /// 404: the user has no device of this id.
    public static let deviceNotFound = ErrorCode(rawValue: "device_not_found")
    /// 404: the user has no task of this id.
    public static let taskNotFound = ErrorCode(rawValue: "task_not_found")
    /// 404: the user has no conversation of this id.
    public static let conversationNotFound = ErrorCode(rawValue: "conversation_not_found")
    /// 404: the user has no token of this id.
    public static let tokenNotFound = ErrorCode(rawValue: "token_not_found")
    /// 404: the user has no permission request of this id.
    public static let approvalNotFound = ErrorCode(rawValue: "approval_not_found")
    /// 409: it was decided before; the detail names the author and the decision.
    public static let approvalResolved = ErrorCode(rawValue: "approval_resolved")
    /// 410: the agent no longer waits for a decision.
    public static let approvalAbandoned = ErrorCode(rawValue: "approval_abandoned")

    // MARK: Devices and attempts

    /// 409: the device is offline and the task's `if_offline` is `fail`.
    public static let deviceOffline = ErrorCode(rawValue: "device_offline")
    /// The device was disconnected for longer than the grace.
    public static let deviceDisconnected = ErrorCode(rawValue: "device_disconnected")
    /// The executor was restarted while the task ran.
    public static let executorRestarted = ErrorCode(rawValue: "executor_restarted")
    /// The task waited longer than its `queue_ttl_s`.
    public static let queueExpired = ErrorCode(rawValue: "queue_expired")
    /// The attempt ran longer than its `timeout_s`.
    public static let timeout = ErrorCode(rawValue: "timeout")
    /// The attempt had no event for longer than its `idle_timeout_s`.
    public static let idleTimeout = ErrorCode(rawValue: "idle_timeout")
    /// The task was requeued, or refused by its device, as often as is allowed.
    public static let attemptsExhausted = ErrorCode(rawValue: "attempts_exhausted")
    /// The task, or all tasks of its owner, wrote as much as the service keeps.
    public static let outputLimit = ErrorCode(rawValue: "output_limit")
    /// The device has no free slot; the task goes back to its queue.
    public static let slotsFull = ErrorCode(rawValue: "slots_full")
    /// 503: the device or service accepts no new work.
    public static let draining = ErrorCode(rawValue: "draining")
    /// The directory is outside those that the device allows, or does not exist.
    public static let cwdNotAllowed = ErrorCode(rawValue: "cwd_not_allowed")
    /// The device knows no agent of this name.
    public static let agentUnknown = ErrorCode(rawValue: "agent_unknown")
    /// The device does not allow this agent.
    public static let agentNotAllowed = ErrorCode(rawValue: "agent_not_allowed")
    /// The device does not allow this permission mode.
    public static let permissionModeNotAllowed = ErrorCode(rawValue: "permission_mode_not_allowed")
    /// The agent's program is not installed on the device.
    public static let agentMissing = ErrorCode(rawValue: "agent_missing")
    /// The agent's program is installed but does not start.
    public static let agentBroken = ErrorCode(rawValue: "agent_broken")
    /// The agent ended its turn with an error.
    public static let agentFailed = ErrorCode(rawValue: "agent_failed")
    /// The agent, or a hook of its user, refused the prompt.
    public static let promptRefused = ErrorCode(rawValue: "prompt_refused")
    /// The agent has reached a usage limit of its account; the message names the reset.
    public static let usageLimit = ErrorCode(rawValue: "usage_limit")
    /// The agent is not signed in to its model's service, or its key is not accepted.
    public static let agentLogin = ErrorCode(rawValue: "agent_login")
    /// 409: the agent takes no messages while its turn runs.
    public static let steerUnsupported = ErrorCode(rawValue: "steer_unsupported")
    /// The command ended with a status other than 0.
    public static let exitStatus = ErrorCode(rawValue: "exit_status")
    /// The agent's process could not be started.
    public static let spawnFailed = ErrorCode(rawValue: "spawn_failed")
    /// The task was cancelled.
    public static let cancelled = ErrorCode(rawValue: "cancelled")

    // MARK: Services

    /// 503: a service that is needed cannot be reached; try again.
    public static let unavailable = ErrorCode(rawValue: "unavailable")
    /// 504: no reply came in time; the request may still take effect.
    public static let deadlineExceeded = ErrorCode(rawValue: "deadline_exceeded")
    /// The dispatcher does not lead this partition.
    public static let notLeader = ErrorCode(rawValue: "not_leader")
    /// The session, generation, attempt or epoch has been replaced by a newer one.
    public static let staleSession = ErrorCode(rawValue: "stale_session")
    /// A service of the mesh may not do this in its role, or its key may not play the role.
    public static let roleNotAllowed = ErrorCode(rawValue: "role_not_allowed")
    /// 503: the store refused the write; nothing was changed.
    public static let storageFailed = ErrorCode(rawValue: "storage_failed")
    /// A peer sent more items than its credit.
    public static let creditExceeded = ErrorCode(rawValue: "credit_exceeded")
    /// The receiver does not know the message's type.
    public static let unknownType = ErrorCode(rawValue: "unknown_type")
    /// The message cannot be decoded.
    public static let malformed = ErrorCode(rawValue: "malformed")
    /// The message is over the limit of the wire.
    public static let messageTooLarge = ErrorCode(rawValue: "message_too_large")
    /// The two ends have no common protocol version.
    public static let versionIncompatible = ErrorCode(rawValue: "version_incompatible")
    /// The other end died or restarted before its reply.
    public static let peerLost = ErrorCode(rawValue: "peer_lost")
    /// 500: a defect of this service; its log has the details under the trace id.
    public static let internalError = ErrorCode(rawValue: "internal")

    /// Every code that this version knows, for the documents and their test.
    public static let all: [ErrorCode] = [
        .invalidJSON, .invalidRequest, .promptEmpty, .promptTooLarge, .bodyTooLarge, .targetRequired,
        .targetAmbiguous,
        .idempotencyMismatch, .conflict, .queueFull, .routeNotFound, .methodNotAllowed, .rateLimited,
        .deviceLimit, .tokenMissing, .tokenInvalid, .tokenExpired, .tokenRevoked, .loginFailed, .deviceNotFound,
        .taskNotFound, .conversationNotFound, .tokenNotFound, .approvalNotFound, .approvalResolved, .approvalAbandoned,
        .deviceOffline, .deviceDisconnected,
        .executorRestarted, .queueExpired, .timeout, .idleTimeout, .attemptsExhausted, .outputLimit, .slotsFull,
        .draining,
        .cwdNotAllowed, .agentUnknown, .agentNotAllowed, .permissionModeNotAllowed,
        .agentMissing, .agentBroken, .agentFailed, .promptRefused, .usageLimit, .agentLogin, .steerUnsupported,
        .exitStatus, .spawnFailed, .cancelled, .unavailable,
        .deadlineExceeded, .notLeader, .staleSession, .roleNotAllowed, .storageFailed, .creditExceeded, .unknownType,
        .malformed, .messageTooLarge, .versionIncompatible, .peerLost, .internalError,
    ]
}

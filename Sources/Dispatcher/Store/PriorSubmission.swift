import Messages

/// What earlier submissions left in the store that a new one must be checked against.
struct PriorSubmission: Sendable {
    /// The owner of the task with the same id; nil = there is none.
    var taskOwner: UserID?
    /// The task that was submitted with the same idempotency key, and the digest of that request.
    var keyed: (task: TaskID, digest: String)?
    /// The owner of the conversation; nil = there is none.
    var conversationOwner: UserID?
    /// Whether the conversation was deleted and still has tasks.
    var isDeleting = false
    /// The owner's defaults for the choices of tasks.
    var defaults = Choices()
}

import Messages

/// What Claude Code adds to a message of the conversation.
struct ClaudeRemarks: Decodable {
    /// The line's own id, by which a later line may retract it.
    var uuid: String?
    /// Claude Code wrote the message, neither the user nor a tool.
    var isSynthetic: Bool
    /// The kind of failure that the message reports, such as `authentication_failed`.
    var error: String?
    /// The message is Claude Code's report of a failed request.
    var isAPIError: Bool
    /// A finer kind of that failure, such as `usage_limit_reached`.
    var apiError: String?
    /// The usage limit that was hit.
    var limit: JSONValue?
    /// The message of the model that was refused; it is asked again.
    var refusedMessage: String?
    /// Lines that no longer count.
    var retracted: [String]

    enum CodingKeys: String, CodingKey {
        case uuid, error, isSynthetic, supersedes
        case isAPIError = "is_api_error_message"
        case apiError = "api_error"
        case parameters = "api_error_params"
        case refusedMessage = "refused_message_id"
        case retracted = "retracted_message_uuids"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        uuid = container.lenient(.uuid)
        isSynthetic = container.lenient(.isSynthetic) ?? false
        error = container.lenient(.error)
        isAPIError = container.lenient(.isAPIError) ?? false
        apiError = container.lenient(.apiError)
        let parameters: JSONValue? = container.lenient(.parameters)
        limit = parameters?["rate_limit_info"]
        refusedMessage = container.lenient(.refusedMessage)
        let dropped: [String]? = container.lenient(.retracted)
        let replaced: [String]? = container.lenient(.supersedes)
        retracted = (dropped ?? []) + (replaced ?? [])
    }
}

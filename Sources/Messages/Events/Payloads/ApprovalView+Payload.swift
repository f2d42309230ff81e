/// `permission_request` and `permission_resolved`: the permission request as it is at that moment. Fields without a value
/// are left out.
extension ApprovalView: EventPayload {
    public func write(to out: inout JSONWriter) {
        out.beginObject()
        out.field("attempt", attempt)
        out.field("conversation_id", conversation.description)
        out.field("device_id", device)
        out.field("device_name", deviceName)
        out.field("expires_at", expiresAt.description)
        out.field("id", id.description)
        out.field("input", input)
        out.field("message", message)
        out.field("requested_at", requestedAt.description)
        out.field("resolved_at", resolvedAt?.description)
        out.field("resolved_by", resolvedBy)
        out.field("rule", rule)
        out.field("scope", scope?.rawValue)
        out.field("state", state.rawValue)
        out.field("task_id", task.description)
        out.field("title", title)
        out.field("tool", tool)
        out.endObject()
    }
}

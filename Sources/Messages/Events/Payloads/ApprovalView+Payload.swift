/// `permission_request` and `permission_resolved`: the permission request as it is at that moment. Fields without a value
/// are left out.
extension ApprovalView: EventPayload {
    public func write(to out: inout JSONWriter) {
        out.beginObject()
        if let answers { out.field("answers", .object(answers.mapValues { .array($0.map { .string($0) }) })) }
        out.field("attempt", attempt)
        out.field("conversation_id", conversation.description)
        out.field("device_id", device)
        out.field("device_name", deviceName)
        out.field("expires_at", expiresAt.description)
        out.field("id", id.description)
        out.field("input", input)
        out.field("input_cut", inputCut.map { .bool($0) })
        out.field("message", message)
        out.field("option", option)
        out.field("options", options.map { .array($0.map(\.json)) })
        out.field("questions", questions.map { .array($0.map(\.json)) })
        out.field("requested_at", requestedAt.description)
        out.field("resolved_at", resolvedAt?.description)
        out.field("resolved_by", resolvedBy)
        out.field("rule", rule)
        out.field("scope", scope?.rawValue)
        out.field("state", state.rawValue)
        out.field("task_id", task.description)
        out.field("title", title)
        out.field("tool", tool)
        out.field("updated_input", updatedInput)
        out.endObject()
    }
}

extension ApprovalOption {
    fileprivate var json: JSONValue {
        ["id": .string(id), "label": .string(label), "kind": .string(kind.rawValue)]
    }
}

extension AgentQuestion {
    fileprivate var json: JSONValue {
        var fields: [String: JSONValue] = [
            "id": .string(id), "text": .string(text), "multiple": .bool(multiple), "free_text": .bool(freeText),
            "options": .array(options.map(\.json)),
        ]
        fields["header"] = header.map { .string($0) }
        return .object(fields)
    }
}

extension AgentQuestion.Choice {
    fileprivate var json: JSONValue {
        var fields: [String: JSONValue] = ["id": .string(id), "label": .string(label)]
        fields["description"] = description.map { .string($0) }
        return .object(fields)
    }
}

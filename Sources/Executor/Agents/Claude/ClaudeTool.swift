import Messages

/// How viewers see Claude Code's tools.
enum ClaudeTool {
    /// The Agent Client Protocol's kind of tool.
    static func kind(_ name: String) -> String {
        switch name {
        case "Bash", "BashOutput", "KillShell", "Monitor": "execute"
        case "Read", "NotebookRead", "ListMcpResourcesTool", "ReadMcpResourceTool": "read"
        case "Edit", "MultiEdit", "Write", "NotebookEdit": "edit"
        case "Grep", "Glob", "LS", "ToolSearch": "search"
        case "WebFetch", "WebSearch": "fetch"
        case "Task", "Agent", "EnterPlanMode", "ExitPlanMode", "Skill": "think"
        default: "other"
        }
    }

    /// A short title: the command, the file or the pattern, where the tool has one.
    static func title(_ name: String, _ input: JSONValue?) -> String {
        let keys = ["command", "file_path", "notebook_path", "pattern", "url", "query", "description", "path"]
        guard let detail = keys.lazy.compactMap({ input?[$0]?.string }).first, !detail.isEmpty else { return name }
        let line = detail.prefix { !$0.isNewline }
        let short =
            line.utf8.count < detail.utf8.count || !Limits.fits(line, 0...200)
            ? Limits.beginning(of: String(line), characters: 200) + "…" : line
        return name == "Bash" ? String(short) : "\(name) \(short)"
    }

    /// The entries of a plan, from the input of `TodoWrite`; nil where there are none.
    static func plan(_ input: JSONValue?) -> [PlanPayload.Entry]? {
        guard let todos = input?["todos"]?.array else { return nil }
        return todos.compactMap { todo in
            guard let content = todo["content"]?.string else { return nil }
            return PlanPayload.Entry(
                content: content, priority: todo["priority"]?.string ?? "medium",
                status: todo["status"]?.string ?? "pending")
        }
    }
}

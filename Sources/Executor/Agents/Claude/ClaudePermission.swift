import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Claude Code's permission requests, in the form that people see. Computed from ``ControlRequest`` alone.
enum ClaudePermission {
    /// Claude Code's reasons for a request that a rule for the conversation removes. For any other reason (a sensitive
    /// file, the mode, an `ask` rule of the user's own settings) permission is requested each time.
    private static let lasting: Set<String?> = [nil, "other", "subcommandResults", "workingDir"]
    /// Tools that ask a person something: an answer to one question does not answer the next.
    private static let personal: Set<String> = ["ExitPlanMode", "EnterPlanMode", "AskUserQuestion"]
    /// The longest command that is stored as a literal rule.
    private static let longestCommand = 4096

    /// Returns the permission request, in a task that runs in `directory`.
    static func permissionRequest(_ id: String, _ request: ControlRequest, in directory: String) -> PermissionRequest {
        let tool = request.toolName ?? "a tool"
        let input = request.input ?? [:]
        return PermissionRequest(
            request: id, tool: tool, title: title(tool, input), input: input,
            rules: rules(tool, input, request, directory), questions: ClaudeQuestions.questions(of: tool, input))
    }

    /// Returns the input to allow a tool with: the edited one, or the asked one with the answers to its questions.
    static func input(of request: PermissionRequest, _ answer: PermissionAnswer) -> JSONValue {
        answer.input ?? ClaudeQuestions.answer(request, answer.answers)
    }

    /// Returns why a request cannot be shown to a person; nil = it can. An allowed input is sent back as it was read,
    /// so nothing of it may be lost.
    static func unreadable(_ request: ControlRequest) -> String? {
        if case .object = request.input { return nil }
        return "the tool's input could not be read exactly, so no person can be asked about it; "
            + "call the tool again with plain text in its input"
    }

    /// A line of at most 500 characters.
    private static func title(_ tool: String, _ input: JSONValue) -> String {
        switch tool {
        case "ExitPlanMode":
            let lines = input["plan"]?.string?.split(whereSeparator: \.isNewline).map(String.init) ?? []
            let first = lines.lazy.map { $0.drop { $0 == "#" || $0 == " " } }.first { !$0.isEmpty }
            return "Leave plan mode and carry out the plan" + (first.map { ": \($0.prefix(200))" } ?? "")
        case "AskUserQuestion":
            let question = input["questions"]?.array?.first?["question"]?.string
            return question.map { "Question: \($0.prefix(400))" } ?? tool
        default: return String(ClaudeTool.title(tool, input).prefix(500))
        }
    }

    private static func rules(
        _ tool: String, _ input: JSONValue, _ request: ControlRequest, _ directory: String
    ) -> [PermissionRule] {
        guard !request.needsPerson, !request.suppressesRule, !request.isGuarded, !personal.contains(tool),
            lasting.contains(request.reasonType)
        else { return [] }
        let offered = request.suggestions.filter { $0.type == "addRules" && $0.behavior == "allow" }
            .flatMap { $0.rules ?? [] }.map { PermissionRule(tool: $0.toolName, content: $0.ruleContent) }
        let directories = request.suggestions.filter { $0.type == "addDirectories" }.flatMap { $0.directories ?? [] }
            .filter { $0 != directory }
        switch ClaudeTool.kind(tool) {
        case "execute":
            // The offered rules are not enough in two cases. A command that reaches out of the workspace would be
            // requested again. For a compound command Claude Code offers at most five rules, and none for a part that
            // has a reason of its own, so the rules do not cover the whole. The command line itself is stored then.
            if !offered.isEmpty, directories.isEmpty, request.reasonType != "subcommandResults" { return offered }
            guard let command = input["command"]?.string, command.utf8.count <= longestCommand else { return [] }
            return [PermissionRule(tool: tool, exactly: command)]
        case "edit":
            // Where Claude Code offers only its mode that edits without asking, which would allow commands as well, an
            // edit rule for the directories is used instead.
            if !offered.isEmpty { return offered }
            return (directories.isEmpty ? [directory] : directories).map {
                PermissionRule(tool: "Edit", content: "/\($0)/**")
            }
        default: return offered.isEmpty ? [PermissionRule(tool: tool)] : offered
        }
    }

    /// Whether a task in plan mode denies the request without asking: it would change something.
    static func isOutOfPlan(_ request: ControlRequest) -> Bool {
        ["edit", "execute"].contains(ClaudeTool.kind(request.toolName ?? "")) || request.reasonType == "mode"
    }

    /// Rules in the form in which Claude Code takes them with an answer, valid while its process runs. Literal
    /// commands are left out: there, a `*` in one would be a pattern.
    static func updates(_ rules: [PermissionRule]) -> JSONValue? {
        let rules = rules.filter { $0.exactly == nil }.map { rule -> JSONValue in
            var fields: [String: JSONValue] = ["toolName": .string(rule.tool)]
            fields["ruleContent"] = rule.content.map { .string($0) }
            return .object(fields)
        }
        guard !rules.isEmpty else { return nil }
        return [["type": "addRules", "rules": .array(rules), "behavior": "allow", "destination": "session"]]
    }
}

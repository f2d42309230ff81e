import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The part of a line of Claude Code that tells where its turns begin and end and what runs in the background. What the
/// line says to people is ``ClaudeTranslator``'s.
struct ClaudeTurnLine: Decodable, Equatable {
    /// What a line means for the turns of its process.
    enum Meaning: Equatable {
        /// A turn of the agent begins: a person's message or a report of background work goes to the model.
        case running
        /// No turn runs and none is queued. Work in the background may go on.
        case idle
        /// A message that was given to it: `queued`, `started`, `completed` or `cancelled`.
        case message(String, state: String)
        /// Everything that runs in the background now.
        case background(BackgroundWork)
        /// Something that ran in the background has ended by itself, and the agent is told.
        case reported(String)
        /// The main agent asks the model.
        case requesting
        /// The model answers, or a tool is about to run.
        case activity

        /// Whether the agent works by it, which it may only do in a turn.
        var isWork: Bool {
            switch self {
            case .running, .requesting, .activity: true
            case .idle, .message, .background, .reported: false
            }
        }
    }

    private struct Item: Decodable, Equatable {
        var id: String
        var type: String?
        var description: String?

        enum CodingKeys: String, CodingKey {
            case id = "task_id"
            case type = "task_type"
            case description
        }
    }

    private struct Request: Decodable, Equatable { var subtype: String? }

    private var type: String
    private var subtype: String?
    private var state: String?
    private var status: String?
    private var command: String?
    private var task: String?
    private var items: [Item]?
    private var request: Request?

    private enum CodingKeys: String, CodingKey {
        case type, subtype, state, status, request
        case command = "command_uuid"
        case task = "task_id"
        case items = "tasks"
    }

    init(from decoder: any Decoder) throws {
        let container = try decoder.container(keyedBy: CodingKeys.self)
        type = try container.decode(String.self, forKey: .type)
        subtype = container.lenient(.subtype)
        state = container.lenient(.state)
        status = container.lenient(.status)
        command = container.lenient(.command)
        task = container.lenient(.task)
        items = container.lenient(.items)
        request = container.lenient(.request)
    }

    /// Returns what a line of a type means. The many lines of a model's answer are not decoded for it.
    static func meaning(of type: String?, _ line: Data, _ decoder: JSONDecoder) -> Meaning? {
        switch type {
        case "stream_event", "assistant": .activity
        case "system", "command_lifecycle", "control_request":
            (try? decoder.decode(ClaudeTurnLine.self, from: line))?.meaning
        default: nil
        }
    }

    /// nil = the line says nothing about turns.
    var meaning: Meaning? {
        switch (type, subtype) {
        case ("system", "session_state_changed"):
            switch state {
            case "running": .running
            case "idle": .idle
            default: nil
            }
        case ("system", "background_tasks_changed"): items.map { .background(Self.work($0)) }
        case ("system", "task_notification"): status == "stopped" ? nil : task.map { .reported($0) }
        case ("system", "status"): status == "requesting" ? .requesting : nil
        case ("command_lifecycle", _):
            if let command, let state { .message(command, state: state) } else { nil }
        case ("control_request", _): request?.subtype == "can_use_tool" ? .activity : nil
        default: nil
        }
    }

    private static func work(_ items: [Item]) -> BackgroundWork {
        BackgroundWork(
            items: items.map { item in
                let kind =
                    switch item.type {
                    case "local_bash": "command"
                    case "local_agent": "sub-agent"
                    default: item.type?.replacing("_", with: " ") ?? "task"
                    }
                return BackgroundWork.Item(id: item.id, kind: kind, title: item.description ?? "")
            })
    }
}

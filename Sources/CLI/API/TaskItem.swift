import Messages

/// A task as the gateway answers with it: its choices are flat beside the other fields.
struct TaskItem: Codable, Equatable, Sendable {
    /// With its choices.
    var view: TaskView

    init(_ view: TaskView) { self.view = view }

    init(from decoder: any Decoder) throws {
        view = try TaskView(from: decoder)
        view.choices = try Choices(from: decoder)
    }

    func encode(to encoder: any Encoder) throws {
        var rest = view
        rest.choices = nil
        try rest.encode(to: encoder)
        try view.choices?.encode(to: encoder)
    }
}

import Messages

/// Where and with what a task runs, as a value.
struct TaskPlace: Sendable, Equatable {
    /// As in ``TaskRequestBody``; nil = the default device.
    var target: String?
    /// The device of the target, if it was looked up.
    var device: DeviceBody?
    /// nil = the default agent.
    var agent: String?
    /// nil = the conversation's workspace.
    var cwd: String?

    /// Returns this place with what `task` has where a field is absent. The directory is taken only together with the device,
    /// since a path means nothing on another one.
    func filled(from task: TaskView) -> TaskPlace {
        let before = task.target == .cloud ? Target.cloud.description : task.device
        var place = self
        place.agent = agent ?? task.agent
        place.target = target ?? before
        if place.target == before { place.cwd = cwd ?? task.cwd }
        return place
    }
}

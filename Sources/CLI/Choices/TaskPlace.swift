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

    /// Returns the device that a task would run on; nil when it is not among `devices`.
    func device(among devices: [DeviceBody]) -> DeviceBody? {
        guard let target, target != Target.defaultDevice.description else { return devices.first { $0.isDefault } }
        return devices.first { $0.id == target }
    }

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

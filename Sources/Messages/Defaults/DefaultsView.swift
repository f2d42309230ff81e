/// What an owner's tasks choose where they say nothing.
public struct DefaultsView: Message, Equatable {
    public static let type = "defaults.view"
    /// What the owner has set.
    public var chosen: Choices
    /// What is in force: the rest is what the service and the device choose.
    public var effective: Choices

    public init(chosen: Choices, effective: Choices) {
        self.chosen = chosen
        self.effective = effective
    }
}

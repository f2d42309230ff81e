/// Returns an owner's defaults: the choices of tasks that do not make them.
public struct DefaultsGet: Request, Equatable {
    public typealias Reply = DefaultsView
    public static let type = "defaults.get"
    /// The owner.
    public var owner: UserID

    public init(owner: UserID) {
        self.owner = owner
    }
}

/// An owner's defaults: the choices of tasks that do not make them.
public struct DefaultsView: Message, Equatable {
    public static let type = "defaults.view"
    /// What the owner has set.
    public var chosen: Choices
    /// The choices in force: the owner's, and the service's where the owner made none.
    public var effective: Choices

    public init(chosen: Choices, effective: Choices) {
        self.chosen = chosen
        self.effective = effective
    }
}

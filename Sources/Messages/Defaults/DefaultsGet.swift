/// Asks what an owner's tasks choose where they say nothing.
public struct DefaultsGet: Request, Equatable {
    public typealias Reply = DefaultsView
    public static let type = "defaults.get"
    /// Whose.
    public var owner: UserID

    public init(owner: UserID) {
        self.owner = owner
    }
}

/// Changes what an owner's tasks choose where they say nothing. Tasks that were accepted before keep their choices.
public struct DefaultsSet: Request, Equatable {
    public typealias Reply = DefaultsView
    public static let type = "defaults.set"
    /// Whose.
    public var owner: UserID
    /// What is chosen from now on; absent fields stay as they are.
    public var set: Choices
    /// The names of the choices that are left to the service again.
    public var clear: [String]

    public init(owner: UserID, set: Choices, clear: [String] = []) {
        self.owner = owner
        self.set = set
        self.clear = clear
    }
}

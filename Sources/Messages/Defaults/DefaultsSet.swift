/// Changes an owner's defaults. Tasks that were accepted before keep their choices.
public struct DefaultsSet: Request, Equatable {
    public typealias Reply = DefaultsView
    public static let type = "defaults.set"
    /// The owner.
    public var owner: UserID
    /// The choices to set; absent fields stay as they are.
    public var set: Choices
    /// The names of the choices that go back to the service's default.
    public var clear: [String]

    public init(owner: UserID, set: Choices, clear: [String] = []) {
        self.owner = owner
        self.set = set
        self.clear = clear
    }
}

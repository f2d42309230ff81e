/// A device that was deleted.
public struct RemovedDevice: Codable, Sendable, Equatable, Hashable {
    public var owner: UserID
    public var id: String
    public init(owner: UserID, id: String) {
        self.owner = owner
        self.id = id
    }
}

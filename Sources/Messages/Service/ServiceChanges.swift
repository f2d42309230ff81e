/// The services of the mesh, whole each time: there are few and they change seldom.
public struct ServiceChanges: Message, Equatable {
    public static let type = "service.changes"
    /// The registry's life that counts the revisions.
    public var incarnation: Incarnation
    /// Grows by one with each change.
    public var revision: UInt64
    /// Every service that is connected to the registry.
    public var services: [ServiceEntry]

    public init(incarnation: Incarnation, revision: UInt64, services: [ServiceEntry] = []) {
        self.incarnation = incarnation
        self.revision = revision
        self.services = services
    }
}

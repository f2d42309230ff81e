/// Watches who is on the mesh and who leads which partition: a snapshot, then every change.
public struct ServiceWatch: Subscribe, Equatable {
    public typealias Item = ServiceChanges
    public static let type = "service.watch"

    public init() {}
}

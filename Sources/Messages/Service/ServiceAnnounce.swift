/// Announces a service to the registry, after each (re)connection and at each change. The registry removes the service
/// when its connection is lost.
public struct ServiceAnnounce: Request, Equatable {
    public typealias Reply = Done
    public static let type = "service.announce"
    /// The endpoint that others dial, such as `tcp://10.0.0.4:7402`; nil for a service that only dials.
    public var endpoint: String?
    /// The partitions it leads; only from dispatchers.
    public var partitions: [PartitionClaim]
    /// Whether it accepts no new work.
    public var draining: Bool

    public init(endpoint: String? = nil, partitions: [PartitionClaim] = [], draining: Bool) {
        self.endpoint = endpoint
        self.partitions = partitions
        self.draining = draining
    }
}

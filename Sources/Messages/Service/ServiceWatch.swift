/// Watches the services of the mesh and the partitions that each leads: a snapshot, then every change.
public struct ServiceWatch: Subscribe, Equatable {
    public typealias Item = ServiceChanges
    public static let type = "service.watch"

    public init() {}
}

/// All services of the mesh, whole each time: they are few and seldom change.
public struct ServiceChanges: Message, Equatable {
    public static let type = "service.changes"
    /// The incarnation of the registry that counts the revisions.
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

/// A service as the registry knows it.
public struct ServiceEntry: Codable, Sendable, Equatable {
    /// What the service is.
    public var role: ServiceRole
    /// Its name for people.
    public var name: String
    /// The run of its process.
    public var incarnation: Incarnation
    /// The endpoint to dial; nil for a service that only dials.
    public var endpoint: String?
    /// The partitions that it leads.
    public var partitions: [PartitionClaim]
    /// Whether it accepts no new work.
    public var draining: Bool
    /// The public key that it has proved to the registry, in Z85; absent when it is connected without keys. A service that
    /// dials it tries this key first, if its own allow-list has it.
    public var key: String?

    public init(
        role: ServiceRole, name: String, incarnation: Incarnation, endpoint: String? = nil,
        partitions: [PartitionClaim] = [], draining: Bool = false, key: String? = nil
    ) {
        self.role = role
        self.name = name
        self.incarnation = incarnation
        self.endpoint = endpoint
        self.partitions = partitions
        self.draining = draining
        self.key = key
    }
}

/// A range of partitions that one dispatcher leads in one epoch.
public struct PartitionClaim: Codable, Sendable, Equatable {
    /// The first partition of the range.
    public var first: Partition
    /// The last partition of the range, included.
    public var last: Partition
    /// The epoch of the lease; a higher one wins.
    public var epoch: UInt64

    public init(first: Partition, last: Partition, epoch: UInt64) {
        self.first = first
        self.last = last
        self.epoch = epoch
    }

    /// Returns whether `partition` is in the range.
    public func contains(_ partition: Partition) -> Bool { first <= partition && partition <= last }
}

/// A service as the registry knows it.
public struct ServiceEntry: Codable, Sendable, Equatable {
    public var role: ServiceRole
    /// For people.
    public var name: String
    public var incarnation: Incarnation
    /// Where to dial it; nil for those that only dial.
    public var endpoint: String?
    /// What it leads.
    public var partitions: [PartitionClaim]
    /// Whether it takes no new work.
    public var draining: Bool

    public init(
        role: ServiceRole, name: String, incarnation: Incarnation, endpoint: String? = nil,
        partitions: [PartitionClaim] = [], draining: Bool = false
    ) {
        self.role = role
        self.name = name
        self.incarnation = incarnation
        self.endpoint = endpoint
        self.partitions = partitions
        self.draining = draining
    }
}

/// A run of partitions that one dispatcher leads in one epoch.
public struct PartitionClaim: Codable, Sendable, Equatable {
    /// The first and the last partition, both led.
    public var first: Partition
    public var last: Partition
    /// The epoch of the lease; a higher one wins.
    public var epoch: UInt64

    public init(first: Partition, last: Partition, epoch: UInt64) {
        self.first = first
        self.last = last
        self.epoch = epoch
    }

    /// Whether `partition` is among them.
    public func contains(_ partition: Partition) -> Bool { first <= partition && partition <= last }
}

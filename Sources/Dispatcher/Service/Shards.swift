import Messages

/// The partitions that this process leads.
struct Shards: Sendable {
    /// By number; nil = another process leads it.
    private var shards: [Shard?]

    /// - Parameter epoch: Of their leases, until they are loaded.
    init(_ partitions: [Partition], epoch: UInt64) {
        shards = Array(repeating: nil, count: Partition.count)
        for partition in partitions { shards[partition.number] = Shard(epoch: epoch) }
    }

    subscript(partition: Partition) -> Shard? {
        get { shards[partition.number] }
        _modify { yield &shards[partition.number] }
    }

    /// The shard of an owner.
    subscript(owner: UserID) -> Shard? {
        get { self[Partition(owner: owner)] }
        _modify { yield &self[Partition(owner: owner)] }
    }

    /// Changes the shard of an owner.
    /// - Returns: what `body` returns; nil when another process leads it.
    mutating func update<T>(_ owner: UserID, _ body: (inout Shard) throws -> T) rethrows -> T? {
        let number = Partition(owner: owner).number
        guard shards[number] != nil else { return nil }
        return try body(&shards[number]!)
    }

    /// Those that this process leads, in order.
    var partitions: [Partition] { Partition.all.filter { self[$0] != nil } }

    /// Returns the epoch for a message about an owner's tasks; 0, which every receiver counts as stale, for another
    /// process's.
    func epoch(of owner: UserID) -> UInt64 { self[owner]?.epoch ?? 0 }

    /// Sets the phase of some partitions.
    mutating func setPhase(_ phase: Shard.Phase, of partitions: [Partition]) {
        for partition in partitions { self[partition]?.phase = phase }
    }

    /// The runs of partitions with one epoch, as the registry announces them.
    var claims: [PartitionClaim] {
        partitions.reduce(into: []) { claims, partition in
            guard let epoch = self[partition]?.epoch else { return }
            if let last = claims.last, last.epoch == epoch, last.last.number + 1 == partition.number {
                claims[claims.count - 1].last = partition
            } else {
                claims.append(PartitionClaim(first: partition, last: partition, epoch: epoch))
            }
        }
    }
}

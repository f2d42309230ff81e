import Messages

/// Who leads which partition, as far as a gateway knows: a value, fed with what the registry says.
///
/// A dispatcher that the registry no longer lists is kept for as long as it can be reached: when the registry is
/// away or young, everybody goes on with what they know.
struct Leadership: Sendable, Equatable {
    /// A partition's leader.
    struct Leader: Sendable, Equatable {
        var incarnation: Incarnation
        var endpoint: String
        var epoch: UInt64
    }

    private var dispatchers: [Incarnation: ServiceEntry] = [:]
    /// The highest epoch that was ever claimed, by the number of the partition: a leader of a lower one is deposed, also
    /// when it is the only one that is listed.
    private var highest = [UInt64](repeating: 0, count: Partition.count)

    /// Takes the registry's list.
    /// - Parameter reachable: The dispatchers' lives that are connected now.
    mutating func apply(_ services: [ServiceEntry], reachable: Set<Incarnation>) {
        let listed = services.filter { $0.role == .dispatcher && $0.endpoint != nil }
        dispatchers = dispatchers.filter { reachable.contains($0.key) }
        for entry in listed {
            dispatchers[entry.incarnation] = entry
            for claim in entry.partitions { raise(claim) }
        }
    }

    private mutating func raise(_ claim: PartitionClaim) {
        guard claim.first <= claim.last else { return }
        for number in claim.first.number...claim.last.number { highest[number] = max(highest[number], claim.epoch) }
    }

    /// A dispatcher's life has ended.
    mutating func remove(_ incarnation: Incarnation) { dispatchers[incarnation] = nil }

    /// All that are known.
    var known: [ServiceEntry] { Array(dispatchers.values) }

    /// Where to dial.
    var endpoints: Set<String> { Set(dispatchers.values.compactMap(\.endpoint)) }

    /// The one with the highest epoch among those that claim the partition.
    func leader(of partition: Partition) -> Leader? {
        var best: Leader?
        for entry in dispatchers.values {
            guard let endpoint = entry.endpoint else { continue }
            let least = max(best?.epoch ?? 0, highest[partition.number])
            for claim in entry.partitions where claim.contains(partition) && claim.epoch >= least {
                best = Leader(incarnation: entry.incarnation, endpoint: endpoint, epoch: claim.epoch)
            }
        }
        return best
    }
}

import Mesh
import Messages

/// Which dispatcher leads which partition, as this gateway knows it: a value, fed with the registry's lists.
///
/// A dispatcher that the registry no longer lists stays for as long as it is connected, so that work goes on while the
/// registry is away or has just restarted.
struct Leadership: Sendable, Equatable {
    /// A partition's leader.
    struct Leader: Sendable, Equatable {
        var incarnation: Incarnation
        var endpoint: String
        var epoch: UInt64
    }

    private var dispatchers: [Incarnation: ServiceEntry] = [:]
    /// The highest epoch ever claimed, by partition number. A dispatcher with a lower one is deposed, even when it is
    /// the only one listed.
    private var highest = [UInt64](repeating: 0, count: Partition.count)

    /// Applies the registry's list.
    /// - Parameter reachable: The incarnations of the dispatchers that are connected now.
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

    /// Every known dispatcher.
    var known: [ServiceEntry] { Array(dispatchers.values) }

    /// The endpoints to dial.
    var endpoints: Set<String> { Set(dispatchers.values.compactMap(\.endpoint)) }

    /// The key that the registry has seen of the dispatcher at an endpoint.
    func key(of endpoint: String) -> MeshKey? {
        dispatchers.values.first { $0.endpoint == endpoint }?.key.flatMap { MeshKey($0) }
    }

    /// The dispatcher with the highest epoch among those that claim the partition.
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

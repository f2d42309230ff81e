import Mesh
import Messages

/// The services on the mesh and the partitions that each leads; a value.
struct ServiceTable: Sendable {
    /// Grows by one with each change.
    private(set) var revision: UInt64 = 0
    private var entries: [Incarnation: ServiceEntry] = [:]

    /// All services, in a stable order.
    var services: [ServiceEntry] {
        entries.values.sorted { ($0.role.rawValue, $0.incarnation) < ($1.role.rawValue, $1.incarnation) }
    }

    /// Applies an announcement; false when it changes nothing.
    /// - Throws: ``Fault`` `invalid_request`.
    mutating func announce(_ announce: ServiceAnnounce, by identity: Identity) throws -> Bool {
        guard announce.partitions.isEmpty || identity.role == .dispatcher else {
            throw Fault(.invalidRequest, "only a dispatcher leads partitions; \(identity.name) is a \(identity.role)")
        }
        guard announce.partitions.allSatisfy({ $0.first <= $0.last }), announce.partitions.count <= Partition.count
        else { throw Fault(.invalidRequest, "the partitions of \(identity.name) are not runs of 0 to 63") }
        guard announce.endpoint == nil || identity.role == .dispatcher else {
            throw Fault(.invalidRequest, "only a dispatcher has an endpoint; \(identity.name) is a \(identity.role)")
        }
        guard announce.partitions.isEmpty || announce.endpoint != nil else {
            throw Fault(.invalidRequest, "a dispatcher that leads partitions needs an endpoint")
        }
        let entry = ServiceEntry(
            role: identity.role, name: identity.name, incarnation: identity.incarnation, endpoint: announce.endpoint,
            partitions: announce.partitions, draining: announce.draining, key: identity.key?.description)
        guard entries[identity.incarnation] != entry else { return false }
        if let endpoint = announce.endpoint {
            let others = entries.values.filter { $0.endpoint == endpoint && $0.incarnation != identity.incarnation }
            guard others.allSatisfy({ $0.key == entry.key }) else {
                throw Fault(
                    .conflict, "\(endpoint) is the endpoint of a dispatcher with another key; end that one first")
            }
            // Two processes cannot be bound to one endpoint: the other one is dead, though its connection has not timed
            // out.
            for other in others { entries[other.incarnation] = nil }
        }
        entries[identity.incarnation] = entry
        revision += 1
        return true
    }

    /// Removes a service; false when there is none of this incarnation.
    mutating func remove(_ incarnation: Incarnation) -> Bool {
        guard entries.removeValue(forKey: incarnation) != nil else { return false }
        revision += 1
        return true
    }

    /// Returns the whole table as a watcher gets it.
    func changes(_ registry: Incarnation) -> ServiceChanges {
        ServiceChanges(incarnation: registry, revision: revision, services: services)
    }
}

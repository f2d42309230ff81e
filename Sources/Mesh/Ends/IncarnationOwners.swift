import Messages

/// To which key each incarnation belongs, so that no other takes it, also while its owner is away. An end without a key
/// (on this machine) owns it by its role.
struct IncarnationOwners {
    private struct Owner: Hashable {
        var key: MeshKey?
        var role: ServiceRole
    }

    private var owners: [Incarnation: Owner] = [:]
    /// Those of each owner, the oldest first; at most ``MeshBounds/incarnations``.
    private var owned: [Owner: [Incarnation]] = [:]

    /// Records the owner of an incarnation; false when it belongs to another one.
    mutating func claim(_ identity: Identity) -> Bool {
        let owner = Owner(key: identity.key, role: identity.role)
        if let before = owners[identity.incarnation] { return before == owner }
        owners[identity.incarnation] = owner
        owned[owner, default: []].append(identity.incarnation)
        if let oldest = owned[owner]?.first, owned[owner]?.count ?? 0 > MeshBounds.incarnations {
            owned[owner]?.removeFirst()
            owners[oldest] = nil
        }
        return true
    }
}

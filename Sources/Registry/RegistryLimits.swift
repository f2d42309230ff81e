/// The limits of the registry, each with its reason.
enum RegistryLimits {
    /// Devices in one item of a watch. With the other limits here an item stays below the largest mesh message
    /// even when every byte of text has to be escaped.
    static let devicesPerItem = 32
    /// Agents that a device may name; the rest of a longer list has no use for anybody.
    static let agents = 32
    /// Bytes of an agent's detail, and of the texts below together with their JSON escapes, sized as above.
    static let agentDetail = 1000
    /// Bytes of a version, an agent's name, or a part of the platform.
    static let text = 200
    /// Characters of a device's id and name.
    static let idLength = 1...128
    static let nameLength = 1...200
    /// How often what reports have changed is written; a power cut takes back at most this much of "last seen".
    static let saveInterval: Duration = .seconds(60)
}

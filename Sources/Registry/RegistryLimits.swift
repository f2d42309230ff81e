/// The limits of the registry, each with its reason.
enum RegistryLimits {
    /// Devices in one item of a watch. With the other limits here an item stays below the largest mesh message
    /// even when every byte of text has to be escaped.
    static let devicesPerItem = 24
    /// Agents that a device may name; the rest of a longer list has no use for anybody.
    static let agents = 32
    /// Bytes of an agent's detail, and of the texts below together with their JSON escapes, sized as above.
    static let agentDetail = 1000
    /// Bytes of a version, an agent's name, or a part of the platform.
    static let text = 200
    /// Characters of a device's id and name.
    static let idLength = 1...128
    static let nameLength = 1...200
    /// How long after a start the absence of a device says nothing: executors and gateways have dialled again by then
    /// (ARCHITECTURE section 5).
    static let unheard: Duration = .seconds(20)
    /// How long an older session has to show that it is alive, when another machine asks for its device.
    static let probe: Duration = .seconds(2)
    /// How long a registration may take to find its id: a probe of the id and one of a suffix, within the five seconds
    /// that the gateway waits.
    static let claim: Duration = .milliseconds(4500)
    /// What an answer may take to its gateway: a registration that is done later than this before the gateway's deadline
    /// is refused. On one machine or in one network it takes a few milliseconds.
    static let answer: Duration = .milliseconds(250)
    /// Between two looks at a registration of the same device that is on its way to the disk.
    static let arrival: Duration = .milliseconds(20)
    /// How often what reports have changed is written; a power cut takes back at most this much of "last seen".
    static let saveInterval: Duration = .seconds(60)
}

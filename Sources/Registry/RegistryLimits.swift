/// The limits of the registry, each with its reason.
enum RegistryLimits {
    /// Devices in one item of a watch. With the limits below, an item fits a mesh message even when every byte of text
    /// is escaped.
    static let devicesPerItem = 24
    /// The most devices in a page of a list.
    static let page = 200
    /// Bytes of text after which a page of a list ends: a page fits a mesh message even when JSON escapes every byte to six.
    static let pageBytes = 1 << 20
    /// Agents that a device may name; no user can survey more.
    static let agents = 32
    /// Bytes of an agent's detail, bounded for the size of an item.
    static let agentDetail = 1000
    /// Bytes of a version, an agent's name, or a part of the platform, bounded for the size of an item.
    static let text = 200
    /// Characters of a device's id.
    static let idLength = 1...128
    /// Allowed directories of a device, their bytes, and permission modes of an agent, bounded for the size of an item.
    static let directories = 64
    static let directory = 1024
    static let modes = 16
    /// After a start, how long a missing session does not make a device `offline`: by then executors and gateways have
    /// dialled again.
    static let startGrace: Duration = .seconds(20)
    /// How long an older session has to answer a probe when another machine registers the same device id.
    static let probe: Duration = .seconds(2)
    /// How long a registration may take to find an id: one probe of the id and one of a suffix, within the gateway's
    /// timeout of 5 s.
    static let claim: Duration = .milliseconds(4500)
    /// The time kept for the reply to reach the gateway: a registration that ends later than this before the gateway's
    /// deadline is refused. On one machine or in one network a reply takes a few milliseconds.
    static let replyTime: Duration = .milliseconds(250)
    /// Between two checks whether another registration of the same device has reached the disk.
    static let claimRetry: Duration = .milliseconds(20)
    /// How often changes from reports are written; a power cut loses at most this much of "last seen".
    static let saveInterval: Duration = .seconds(60)
}

/// Watches devices: a snapshot, then every change in order. A watcher whose stream ends watches again and gets
/// a new snapshot.
public struct DeviceWatch: Subscribe, Equatable {
    public typealias Item = DeviceChanges
    public static let type = "device.watch"
    /// Only this owner's devices; nil = everybody's (services only).
    public var owner: UserID?

    public init(owner: UserID? = nil) {
        self.owner = owner
    }
}

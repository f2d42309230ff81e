/// The leader's answer to ``SessionOpen``.
public struct SessionOpened: Message, Equatable {
    public static let type = "session.opened"
    /// The epoch in which it leads the owner's partition.
    public var epoch: UInt64

    public init(epoch: UInt64) {
        self.epoch = epoch
    }
}

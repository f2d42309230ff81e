/// An executor's events on their way to the leader: the hot path. The body is that of an ``EventBatch``;
/// the events of one attempt are in order and without gaps.
public struct EventsAppend: BinaryMessage, Equatable {
    public static let type = "events.append"
    public var batch: EventBatch
    public init(_ events: [Event]) { batch = EventBatch(events) }
    public init(bytes: [UInt8]) throws { batch = try EventBatch(bytes: bytes) }
    public var bytes: [UInt8] { batch.bytes }
}

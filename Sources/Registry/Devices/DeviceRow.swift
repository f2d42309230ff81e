import Messages

/// A device as it lies on disk.
struct DeviceRow: Sendable {
    var key: DeviceKey
    /// Without its session.
    var record: DeviceRecord
    var generation: UInt64
    /// Whether only the generation is still of interest.
    var deleted: Bool

    init(key: DeviceKey, record: DeviceRecord, deleted: Bool = false) {
        self.key = key
        self.record = record
        self.record.session = nil
        self.deleted = deleted
        generation = record.generation
    }
}

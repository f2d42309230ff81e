import Messages

/// A row of the `device` table.
struct DeviceRow: Sendable {
    var key: DeviceKey
    /// Without its session.
    var record: DeviceRecord
    var generation: UInt64
    /// Whether the device is deleted; then only its generation counts.
    var deleted: Bool

    init(key: DeviceKey, record: DeviceRecord, deleted: Bool = false) {
        self.key = key
        self.record = record
        self.record.session = nil
        self.deleted = deleted
        generation = record.generation
    }
}

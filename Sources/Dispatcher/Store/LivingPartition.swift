import Messages

/// The living tasks of one partition, as the store has them.
struct LivingPartition: Sendable {
    let partition: Partition
    /// The epoch in which this process leads it.
    let epoch: UInt64
    /// The highest ordinal of a task in it; 0 = it has none.
    let lastOrdinal: Int64
    /// Tasks that have not ended, in the order of acceptance.
    let records: [TaskRecord]
    /// The permission requests of those tasks' newest attempts.
    let approvals: [TaskID: ApprovalBook]
    /// The payloads of the plans in ``TaskRecord/open``.
    let plans: [TaskID: [UInt8]]
}

extension Partition {
    /// All partitions, in order.
    static let all = (0..<count).map(Partition.init(number:))
}

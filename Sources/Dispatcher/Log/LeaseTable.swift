import Messages
import Storage

/// Who leads which partition, and in which epoch.
enum LeaseTable {
    /// Takes every partition in an epoch above all there ever were, and returns the epoch.
    static func take(holder: Incarnation, now: Timestamp, _ db: Database) throws -> UInt64 {
        let epoch = 1 + (try Int64.fetchOne(db, sql: "SELECT max(epoch) FROM leases") ?? 0)
        for partition in 0..<Partition.count {
            try db.execute(
                sql: "INSERT OR REPLACE INTO leases (partition, epoch, holder, taken_at) VALUES (?, ?, ?, ?)",
                arguments: [partition, epoch, holder.blob, now.milliseconds])
        }
        return UInt64(epoch)
    }

    /// - Throws: ``Fault`` `not_leader` when a partition is led in another epoch.
    static func check(epoch: UInt64, _ db: Database) throws {
        let other = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT epoch FROM leases WHERE epoch <> ? LIMIT 1"), arguments: [Int64(epoch)])
        if let other { throw Fault(.notLeader, "epoch \(epoch) has been replaced by epoch \(other)") }
    }
}

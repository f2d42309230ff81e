import GRDB
import Messages
import Storage

/// Who leads which partition, and in which epoch; and whether the leader lives.
enum LeaseTable {
    /// Takes every partition in an epoch above all there ever were, and returns the epoch.
    ///
    /// Epochs follow the clock, too: executors remember the highest one that they have met, and a dispatcher that has
    /// lost its data would begin again at 1 and be ignored by all of them.
    /// - Parameter expected: The lease that is taken away; nil = whichever is there.
    /// - Throws: ``Fault`` `not_leader` when it is another one by now.
    static func take(
        holder: Incarnation, isLocked: Bool, from expected: LeaseSighting?, now: Timestamp, _ db: Database
    ) throws -> UInt64 {
        if let expected, try sighting(db) != expected {
            throw Fault(.notLeader, "the lease has changed hands or was renewed; its holder leads")
        }
        let highest = try Int64.fetchOne(db, sql: "SELECT max(epoch) FROM leases") ?? 0
        let epoch = max(highest + 1, now.milliseconds / 1000)
        for partition in 0..<Partition.count {
            try db.execute(
                sql: "INSERT OR REPLACE INTO leases (partition, epoch, holder, taken_at) VALUES (?, ?, ?, ?)",
                arguments: [partition, epoch, holder.blob, now.milliseconds])
        }
        try db.execute(sql: "DELETE FROM leaders")
        try db.execute(
            sql: "INSERT INTO leaders (epoch, renewals, locked, released) VALUES (?, 0, ?, 0)",
            arguments: [epoch, isLocked])
        return UInt64(epoch)
    }

    /// - Throws: ``Fault`` `not_leader` when a partition is led in another epoch.
    static func check(epoch: UInt64, _ db: Database) throws {
        let other = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT epoch FROM leases WHERE epoch <> ? LIMIT 1"), arguments: [Int64(epoch)])
        if let other { throw Fault(.notLeader, "epoch \(epoch) has been replaced by epoch \(other)") }
    }

    /// The leader lives. `isLocked`: whether it holds the lock on the data directory.
    static func renew(epoch: UInt64, isLocked: Bool, _ db: Database) throws {
        try db.cachedStatement(sql: "UPDATE leaders SET renewals = renewals + 1, locked = ? WHERE epoch = ?")
            .execute(arguments: [isLocked, Int64(epoch)])
    }

    /// The leader leaves.
    static func release(epoch: UInt64, _ db: Database) throws {
        try db.execute(sql: "UPDATE leaders SET released = 1 WHERE epoch = ?", arguments: [Int64(epoch)])
    }

    /// The lease as others see it; nil when there is none, or none that is renewed.
    static func sighting(_ db: Database) throws -> LeaseSighting? {
        guard try db.tableExists("leaders") else { return nil }
        return try Row.fetchOne(db, sql: "SELECT epoch, renewals, locked, released FROM leaders").map {
            LeaseSighting(
                epoch: UInt64($0[0] as Int64), renewals: $0[1], isLocked: $0[2], isReleased: $0[3])
        }
    }
}

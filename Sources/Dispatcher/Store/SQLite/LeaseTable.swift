import GRDB
import Messages

/// The `leases` table, which has the epoch and holder of each partition, and `leaders`, which has the leader's renewals.
enum LeaseTable {
    /// Takes every partition in a higher epoch than any before, and returns that epoch.
    ///
    /// An epoch is at least the time in s: executors ignore epochs below the highest they have seen, so a dispatcher that
    /// lost its data must not begin at 1 again.
    /// - Parameter expected: The lease that may be taken; nil = whichever is there.
    /// - Throws: ``TaskStoreError`` `notLeader` when the lease is another one by now.
    static func take(
        holder: Incarnation, isLocked: Bool, from expected: LeaseSighting?, now: Timestamp, _ db: Database
    ) throws -> UInt64 {
        if let expected, try sighting(db) != expected {
            throw TaskStoreError(.notLeader, "the lease has a new holder or was renewed; its holder leads")
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

    /// Checks that every partition is led in this epoch.
    /// - Throws: ``TaskStoreError`` `notLeader`.
    static func check(epoch: UInt64, _ db: Database) throws {
        let other = try Int64.fetchOne(
            db.cachedStatement(sql: "SELECT epoch FROM leases WHERE epoch <> ? LIMIT 1"), arguments: [Int64(epoch)])
        if let other { throw TaskStoreError(.notLeader, "epoch \(epoch) has been replaced by epoch \(other)") }
    }

    /// Renews the lease. `isLocked`: whether the leader holds the lock on the data directory.
    static func renew(epoch: UInt64, isLocked: Bool, _ db: Database) throws {
        try db.cachedStatement(sql: "UPDATE leaders SET renewals = renewals + 1, locked = ? WHERE epoch = ?")
            .execute(arguments: [isLocked, Int64(epoch)])
    }

    /// Marks the lease as given up.
    static func release(epoch: UInt64, _ db: Database) throws {
        try db.execute(sql: "UPDATE leaders SET released = 1 WHERE epoch = ?", arguments: [Int64(epoch)])
    }

    /// Returns the lease as a standby sees it; nil when there is none, or an older version wrote it and does not renew it.
    static func sighting(_ db: Database) throws -> LeaseSighting? {
        guard try db.tableExists("leaders") else { return nil }
        return try Row.fetchOne(db, sql: "SELECT epoch, renewals, locked, released FROM leaders").map {
            LeaseSighting(
                epoch: UInt64($0[0] as Int64), renewals: $0[1], isLocked: $0[2], isReleased: $0[3])
        }
    }
}

import Foundation
import GRDB
import Messages
import Storage

/// The `device` table of `registry.db`: its migrations and every statement on it.
enum DeviceStore {
    static let migrations = [
        SQLiteMigration("1 devices") { database in
            // Owners are the 16 bytes of an id, times are ms since 1970, agents and platform are JSON. A deleted device
            // keeps its row for its generation, which must never go back.
            try database.execute(
                sql: """
                    CREATE TABLE device (
                        owner BLOB NOT NULL,
                        id TEXT NOT NULL,
                        name TEXT NOT NULL,
                        starred INTEGER NOT NULL DEFAULT 0,
                        slots INTEGER NOT NULL,
                        version TEXT,
                        agents TEXT NOT NULL,
                        platform TEXT,
                        generation INTEGER NOT NULL,
                        last_seen_at INTEGER,
                        deleted_at INTEGER,
                        PRIMARY KEY (owner, id)
                    ) STRICT, WITHOUT ROWID;
                    CREATE UNIQUE INDEX device_starred ON device (owner) WHERE starred = 1;
                    """)
        },
        SQLiteMigration("2 names and labels of the owner") { database in
            // `name` is the machine's own name, `own_name` the owner's. Labels are a JSON object.
            try database.execute(
                sql: """
                    ALTER TABLE device ADD COLUMN own_name TEXT;
                    ALTER TABLE device ADD COLUMN labels TEXT NOT NULL DEFAULT '{}';
                    """)
        },
    ]

    /// Reads all rows.
    static func load(_ database: Database) throws -> [DeviceRow] {
        let decoder = JSONDecoder()
        return try Row.fetchAll(database, sql: "SELECT * FROM device").map { row in
            let bytes: Data = row["owner"]
            guard let owner = UserID(bytes: bytes) else {
                throw DatabaseError(resultCode: .SQLITE_CORRUPT, message: "an owner is not 16 bytes")
            }
            let agents: Data = row["agents"]
            let platform: Data? = row["platform"]
            let seen: Int64? = row["last_seen_at"]
            let generation: Int64 = row["generation"]
            let own: String? = row["own_name"]
            let labels: Data = row["labels"]
            let record = DeviceRecord(
                name: own ?? row["name"], isDefault: row["starred"],
                labels: try decoder.decode([String: String].self, from: labels), total: row["slots"],
                version: row["version"],
                agents: try decoder.decode([Agent].self, from: agents),
                platform: try platform.map { try decoder.decode(Platform.self, from: $0) },
                lastSeenAt: seen.map(Timestamp.init(milliseconds:)), generation: UInt64(bitPattern: generation))
            return DeviceRow(
                key: DeviceKey(owner: owner, id: row["id"]), record: record, deleted: row["deleted_at"] != nil)
        }
    }

    /// Writes a registration; returns the name under which the device is shown.
    static func register(_ registration: DeviceRegistration, in database: Database) throws -> String {
        let statement = try database.cachedStatement(
            sql: """
                INSERT INTO device (owner, id, name, slots, version, agents, platform, generation, last_seen_at)
                VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)
                ON CONFLICT (owner, id) DO UPDATE SET
                    name = excluded.name, slots = excluded.slots, version = excluded.version, agents = excluded.agents,
                    platform = excluded.platform, generation = max(generation, excluded.generation),
                    last_seen_at = excluded.last_seen_at, deleted_at = NULL
                RETURNING ifnull(own_name, name)
                """)
        let name = try String.fetchOne(
            statement,
            arguments: [
                Data(registration.key.owner.bytes), registration.key.id, registration.name, registration.slots,
                registration.version, try json(registration.agents), try json(registration.platform),
                Int64(bitPattern: registration.generation), registration.at.milliseconds,
            ])
        return name ?? registration.name
    }

    /// Writes changes from reports, except of devices that were deleted or registered again since.
    static func save(_ rows: [DeviceRow], in database: Database) throws {
        let statement = try database.cachedStatement(
            sql: """
                UPDATE device SET slots = ?, agents = ?, last_seen_at = ?
                WHERE owner = ? AND id = ? AND generation = ? AND deleted_at IS NULL
                """)
        for row in rows {
            try statement.execute(arguments: [
                row.record.total, try json(row.record.agents), row.record.lastSeenAt?.milliseconds,
                Data(row.key.owner.bytes), row.key.id, Int64(bitPattern: row.generation),
            ])
        }
    }

    /// Moves the star to a device, or takes it away; false when the owner has no such device.
    static func star(_ key: DeviceKey, on: Bool, in database: Database) throws -> Bool {
        let owner = Data(key.owner.bytes)
        // Checked first: a missing device must not take the star from another.
        let exists = try Bool.fetchOne(
            database, sql: "SELECT EXISTS(SELECT 1 FROM device WHERE owner = ? AND id = ? AND deleted_at IS NULL)",
            arguments: [owner, key.id])
        guard exists == true else { return false }
        if on {
            try database.execute(
                sql: "UPDATE device SET starred = 0 WHERE owner = ? AND starred = 1 AND id <> ?",
                arguments: [owner, key.id])
        }
        try database.execute(
            sql: "UPDATE device SET starred = ? WHERE owner = ? AND id = ? AND deleted_at IS NULL",
            arguments: [on, owner, key.id])
        return true
    }

    /// The outcome of ``update(_:_:in:)``.
    enum Update: Equatable, Sendable {
        /// The name under which the device is now shown, and all its labels.
        case updated(name: String, labels: [String: String])
        case missing
        /// Nothing was changed: the device would have this many.
        case tooManyLabels(Int)
    }

    /// Changes the owner's name and the labels of a device. A label that is both set and removed is set.
    static func update(_ key: DeviceKey, _ update: DeviceUpdate, in database: Database) throws -> Update {
        let place: [any DatabaseValueConvertible] = [Data(key.owner.bytes), key.id]
        let row = try Row.fetchOne(
            database,
            sql: "SELECT name, own_name, labels FROM device WHERE owner = ? AND id = ? AND deleted_at IS NULL",
            arguments: StatementArguments(place))
        guard let row else { return .missing }
        let before: Data = row["labels"]
        var labels = try JSONDecoder().decode([String: String].self, from: before)
        for label in update.remove { labels[label] = nil }
        labels.merge(update.set ?? [:]) { $1 }
        guard labels.count <= DeviceUpdate.labels else { return .tooManyLabels(labels.count) }
        let old: String? = row["own_name"]
        let own = update.name.map { $0.isEmpty ? nil : $0 } ?? old
        try database.execute(
            sql: "UPDATE device SET own_name = ?, labels = ? WHERE owner = ? AND id = ?",
            arguments: StatementArguments([own, try json(labels)] + place))
        return .updated(name: own ?? row["name"], labels: labels)
    }

    /// Marks a device as deleted; false when the owner has no such device.
    static func delete(_ key: DeviceKey, at now: Timestamp, in database: Database) throws -> Bool {
        try database.execute(
            sql: """
                UPDATE device SET deleted_at = ?, starred = 0, agents = '[]', platform = NULL, version = NULL,
                    own_name = NULL, labels = '{}'
                WHERE owner = ? AND id = ? AND deleted_at IS NULL
                """,
            arguments: [now.milliseconds, Data(key.owner.bytes), key.id])
        return database.changesCount > 0
    }

    private static func json(_ value: some Encodable) throws -> String {
        String(decoding: try JSONEncoder().encode(value), as: UTF8.self)
    }
}

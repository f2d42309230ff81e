import Foundation
import GRDB
import Storage
import TestSupport
import Testing

@Suite("Opening a store", .timeLimit(.minutes(2)))
struct OpeningTests {
    let folder = Result { try TemporaryDirectory() }

    @Test("WAL, synchronous=FULL on the writer, foreign keys on")
    func pragmas() async throws {
        let store = try await Notes.open(try folder.get())
        let (mode, level, keys) = try await store.write { database in
            (
                try String.fetchOne(database, sql: "PRAGMA journal_mode"),
                // 2 is FULL: a commit is flushed to the disk before it returns.
                try Int.fetchOne(database, sql: "PRAGMA synchronous"),
                try Int.fetchOne(database, sql: "PRAGMA foreign_keys")
            )
        }
        #expect(mode == "wal")
        #expect(level == 2)
        #expect(keys == 1)
    }

    @Test("Committed writes survive a crash: the files hold them without a close")
    func crash() async throws {
        let folder = try folder.get()
        let store = try await Notes.open(folder)
        for number in 0..<50 { try await store.add("\(number)") }
        for end in ["", "-wal"] {
            try FileManager.default.copyItem(atPath: store.path + end, toPath: folder.file("crashed.db\(end)"))
        }
        let again = try await Notes.open(folder, "crashed.db")
        #expect(try await again.notes() == (0..<50).map(String.init))
    }

    @Test("Only the owner may read files and directories")
    func modes() async throws {
        let folder = try folder.get()
        let store = try await Store(path: folder.file("a/b/notes.db"), migrations: Notes.migrations)
        try await store.add("x")
        #expect(try mode(folder.file("a")) == 0o700)
        #expect(try mode(folder.file("a/b")) == 0o700)
        for end in ["", "-wal", "-shm"] { #expect(try mode(store.path + end) == 0o600) }
    }

    @Test("Migrations that are missing are applied, in order; one that fails leaves nothing behind")
    func migrations() async throws {
        let folder = try folder.get()
        let path = folder.file("notes.db")
        let first = try await Store(path: path, migrations: Array(Notes.migrations.prefix(1)))
        try await first.add("kept")
        await first.close()
        let broken = SQLiteMigration("3 broken") { database in
            try database.execute(sql: "CREATE TABLE half (id INTEGER)")
            try database.execute(sql: "no such statement")
        }
        let error = await #expect(throws: StoreError.self) {
            try await Store(path: path, migrations: Notes.migrations + [broken])
        }
        #expect(error?.description.contains(path) == true)
        let second = try await Notes.open(folder)
        #expect(try await second.notes() == ["kept"])
        #expect(try await second.read { try $0.tableExists("remark") && !$0.tableExists("half") })
    }

    @Test("A database of a newer version is refused and left alone")
    func newer() async throws {
        let folder = try folder.get()
        let newest = SQLiteMigration("3 later") { try $0.execute(sql: "CREATE TABLE later (id INTEGER)") }
        let store = try await Store(path: folder.file("notes.db"), migrations: Notes.migrations + [newest])
        await store.close()
        let before = try Data(contentsOf: URL(fileURLWithPath: store.path))
        let error = await #expect(throws: StoreError.self) { try await Notes.open(folder) }
        #expect(error?.kind == .tooNew)
        #expect(error?.description.contains(store.path) == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: store.path)) == before)
    }

    @Test("The error names a damaged file, which is left as it is", arguments: ["text", "header", "cut"])
    func corrupt(_ damage: String) async throws {
        let folder = try folder.get()
        let path = folder.file("notes.db")
        let store = try await Notes.open(folder)
        for number in 0..<200 { try await store.add(String(repeating: "\(number) ", count: 100)) }
        await store.close()
        var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        switch damage {
        case "text": bytes = Data(String(repeating: "this is no database\n", count: 500).utf8)
        case "header": bytes.replaceSubrange(100..<1000, with: Data(repeating: 0xff, count: 900))
        default: bytes = bytes.prefix(bytes.count / 2 + 77)
        }
        try bytes.write(to: URL(fileURLWithPath: path))
        let error = await #expect(throws: StoreError.self) { try await Notes.open(folder) }
        #expect(error?.kind == .corrupt)
        #expect(error?.description.contains(path) == true)
        #expect(try Data(contentsOf: URL(fileURLWithPath: path)) == bytes)
    }

    @Test("The error names a path that cannot be made")
    func impossible() async throws {
        let path = try folder.get().write("a file", to: "file") + "/notes.db"
        let error = await #expect(throws: StoreError.self) { try await Store(path: path, migrations: []) }
        #expect(error?.kind == .cannotOpen)
        #expect(error?.description.contains("/file") == true)
    }

    @Test("The error names a directory that cannot be written", .enabled(if: getuid() != 0, "root may write anywhere"))
    func readOnly() async throws {
        let sealed = try folder.get().folder("sealed")
        try FileManager.default.setAttributes([.posixPermissions: 0o500], ofItemAtPath: sealed)
        let error = await #expect(throws: StoreError.self) {
            try await Store(path: sealed + "/notes.db", migrations: [])
        }
        #expect(error?.kind == .readOnly)
    }

    private func mode(_ path: String) throws -> Int {
        try #require(FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int)
    }
}

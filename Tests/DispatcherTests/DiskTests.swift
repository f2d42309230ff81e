import Foundation
import GRDB
import Mesh
import Messages
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Full, read-only, locked and damaged disks", .timeLimit(.minutes(3)))
struct DiskTests {
    private static func fault(_ body: () async throws -> Void) async -> Fault? {
        do {
            try await body()
            return nil
        } catch { return error as? Fault }
    }

    /// The data files of a directory, with their bytes.
    private static func contents(_ directory: String) throws -> [String: Data] {
        var contents: [String: Data] = [:]
        for name in try FileManager.default.contentsOfDirectory(atPath: directory)
        where !name.hasSuffix(".lock") && !name.hasSuffix("-shm") && !name.hasSuffix(".alive") {
            contents[name] = try Data(contentsOf: URL(fileURLWithPath: "\(directory)/\(name)"))
        }
        return contents
    }

    private static func flags(_ site: Site) -> [String] {
        [
            "--insecure-mesh", "--registry", site.registry.endpoint, "--bind", "tcp://127.0.0.1:0", "--data",
            site.folder.file("data"),
        ]
    }

    @Test(
        "A full disk refuses new tasks, still shows stored ones, and the dispatcher recovers with space",
        .enabled(if: SmallDisk.isPossible, "only root may mount a file system of its own"))
    func fullDisk() async throws {
        try await Site.run { site in
            let data = site.folder.file("data")
            let dispatcher = try SmallDisk.start(Binaries.dispatcher, Self.flags(site), path: data, size: "4m")
            let gateway = try await site.gateway(try await Site.endpoint(dispatcher))
            let executor = ScriptedExecutor(gateway: gateway)
            try await executor.connect()
            let task = try await gateway.submit().id
            _ = try await executor.assignment(task)
            try executor.started(task)
            try executor.append(task, 1...3)
            try await executor.acknowledged(task, 3)
            try SmallDisk.fill(data, of: dispatcher)
            // Free pages of the files may take a few more.
            var accepted: [TaskID] = [task]
            let refused = try await eventually("a refusal", within: .seconds(20)) { () -> Fault? in
                let id = TaskID.generate()
                let prompt = String(repeating: "long ", count: 20_000)
                let fault = await Self.fault { _ = try await gateway.submit(prompt, task: id) }
                if fault == nil { accepted.append(id) }
                return fault
            }
            #expect(refused.code == .storageFailed)
            #expect(refused.message.contains("the disk is full: \(data)/dispatcher.db"))
            // Events of an executor are neither acknowledged nor shown.
            let before = try await gateway.view(task)
            var big = Sample.event(task, 4)
            big.payload = Sample.text(String(repeating: "x", count: 200_000))
            try executor.send(EventsAppend([big]))
            for _ in 0..<5 {
                let again = await Self.fault {
                    _ = try await gateway.submit(String(repeating: "long ", count: 20_000))
                }
                #expect(again?.code == .storageFailed)
                #expect(again?.message.contains("the disk is full") == true)
                #expect(try await gateway.view(task).lastSeq == before.lastSeq)
                try await Task.sleep(for: .milliseconds(200))
            }
            #expect(executor.acked(task) == 3)
            let listed = try await gateway.ask(TaskList(owner: Sample.owner, limit: 100)).tasks.map(\.id)
            #expect(Set(listed) == Set(accepted))
            let log = try await gateway.log(task)
            #expect(log.filter { $0.attempt == 1 }.map(\.attemptSeq) == [1, 2, 3])
            #expect(dispatcher.ended == nil)

            SmallDisk.empty(data, of: dispatcher)
            try await eventually("the recovery", within: .seconds(20)) {
                await Self.fault { _ = try await gateway.submit() } == nil
            }
            try await eventually("the resync of dropped events") { executor.resyncs.contains { $0.from == 4 } }
            try executor.send(EventsAppend([big]))
            try await executor.acknowledged(task, 4)
            try executor.finish(task, 5)
            _ = try await gateway.wait(task, for: .completed)
            let whole = try await gateway.log(task)
            #expect(whole.map(\.seq) == Array(1...UInt64(whole.count)))
            #expect(whole.filter { $0.attempt == 1 }.map(\.attemptSeq) == [1, 2, 3, 4])
            await gateway.link.close()
            #expect(try await dispatcher.stop() == .exited(0))
        }
    }

    @Test(
        "A start on a read-only disk fails and names it",
        .enabled(if: SmallDisk.isPossible, "only root may mount a file system of its own"))
    func readOnlyDisk() async throws {
        try await Site.run { site in
            let data = site.folder.file("data")
            let dispatcher = try SmallDisk.start(
                Binaries.dispatcher, Self.flags(site), path: data, size: "1m", before: "mount -o remount,ro '\(data)'")
            #expect(try await dispatcher.exit() == .exited(1))
            #expect(dispatcher.stderr.text.contains(data) && dispatcher.stderr.text.contains("Read-only file system"))
        }
    }

    @Test("A database that another process has locked refuses changes, is read, and recovers")
    func lockedDatabase() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await rig.gateway.submit().id
            _ = try await executor.assignment(task)
            try executor.append(task, 1...3)
            try await executor.acknowledged(task, 3)
            let before = try await rig.gateway.view(task)

            var configuration = Configuration()
            configuration.allowsUnsafeTransactions = true
            let path = rig.folder.file("data/dispatcher.db")
            let other = try DatabaseQueue(path: path, configuration: configuration)
            try await other.writeWithoutTransaction { try $0.execute(sql: "BEGIN EXCLUSIVE") }
            // Nothing is shown or acknowledged before it is on disk, and reads go on.
            try executor.append(task, 4...6)
            async let refused = Self.fault { _ = try await rig.gateway.submit() }
            #expect(try await rig.gateway.view(task) == before)
            let fault = await refused
            #expect(fault?.code == .storageFailed)
            #expect(fault?.message.contains("\(path) is locked by another process") == true)
            #expect(try await rig.gateway.view(task) == before)
            #expect(executor.acked(task) == 3)
            try await other.writeWithoutTransaction { try $0.execute(sql: "ROLLBACK") }
            try await eventually("the resync of dropped events") { executor.resyncs.contains { $0.from == 4 } }
            try executor.append(task, 4...6)
            try await executor.acknowledged(task, 6)
            _ = try await rig.gateway.submit()
        }
    }

    @Test("A start with a damaged database fails, names it and leaves it as it is", arguments: ["text", "pages"])
    func damagedDatabase(_ damage: String) async throws {
        try await Site.run { site in
            let path = site.folder.file("data/dispatcher.db")
            let first = try site.start()
            let gateway = try await site.gateway(try await Site.endpoint(first))
            for _ in 0..<50 {
                _ = try await gateway.submit(String(repeating: "words ", count: 1000), target: .cloud)
            }
            await gateway.link.close()
            #expect(try await first.stop() == .exited(0))
            var bytes = try Data(contentsOf: URL(fileURLWithPath: path))
            if damage == "text" {
                bytes = Data(String(repeating: "this is no database\n", count: 500).utf8)
            } else {
                // Headers of pages in the middle of the file, which SQLite does not read when it opens it.
                for page in stride(from: bytes.count / 8192 * 4096, to: bytes.count, by: 4096) {
                    bytes.replaceSubrange(page..<(page + 64), with: Data(repeating: 0xff, count: 64))
                }
            }
            try bytes.write(to: URL(fileURLWithPath: path))
            let before = try Self.contents(site.folder.file("data"))
            let second = try site.start()
            #expect(try await second.exit() == .exited(1))
            #expect(second.stderr.text.contains("\(path) is damaged or not a database; it was left as it is"))
            #expect(try Self.contents(site.folder.file("data")) == before)
        }
    }

    @Test("Damage found at run time is reported, and the rest is still shown")
    func damageAtRunTime() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await rig.gateway.submit().id
            _ = try await executor.assignment(task)
            for number in UInt64(1)...8 {
                var event = Sample.event(task, number)
                event.payload = Sample.text(String(repeating: "x", count: 500_000))
                try executor.send(EventsAppend([event]))
            }
            try await executor.acknowledged(task, 8)
            let path = rig.folder.file("data/dispatcher.db")
            let queue = try DatabaseQueue(path: path)
            try await queue.writeWithoutTransaction { try $0.execute(sql: "PRAGMA wal_checkpoint(TRUNCATE)") }
            try queue.close()
            let file = try FileHandle(forWritingTo: URL(fileURLWithPath: path))
            let size = try file.seekToEnd()
            for page in stride(from: size / 8192 * 4096, to: size, by: 4096) {
                try file.seek(toOffset: page)
                try file.write(contentsOf: Data(repeating: 0xff, count: 64))
            }
            try file.close()
            let fault = try await eventually("the damage to be found") {
                await Self.fault { _ = try await rig.gateway.log(task) }
            }
            #expect(fault.code == .storageFailed && fault.message.contains("\(path) is damaged"))
            #expect(try await rig.gateway.view(task).state == .running)
        }
    }
}

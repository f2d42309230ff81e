import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

@Suite("The events of an attempt on their way to the dispatcher")
struct OutboxTests {
    private let folder: TemporaryDirectory
    private let id = AttemptID(task: .generate(), attempt: 1)

    init() throws { folder = try TemporaryDirectory() }

    private func events(_ count: Int, size: Int = 10) -> [AgentEvent] {
        (0..<count).map { AgentEvent(.log, Array(#"{"n":\#($0)}"#.utf8) + [UInt8](repeating: 0x20, count: size)) }
    }

    private func verdict() -> TaskFinished {
        TaskFinished(task: id.task, attempt: id.attempt, attemptSeq: 0, state: .completed, endedAt: .now())
    }

    /// Takes everything that may be sent.
    private func drain(_ outbox: inout AttemptOutbox) -> (seqs: [UInt64], finish: UInt64?) {
        var seqs: [UInt64] = []
        var finish: UInt64?
        while let parcel = outbox.next(upTo: 256 << 10) {
            switch parcel {
            case .events(let events): seqs += events.map(\.attemptSeq)
            case .finish(let verdict): finish = verdict.attemptSeq
            }
        }
        return (seqs, finish)
    }

    @Test("Events are numbered from 1 and the verdict comes last")
    func numbersEvents() throws {
        var outbox = try AttemptOutbox.create(id, in: folder.path)
        try outbox.append(events(3), time: .now())
        try outbox.append(events(2), time: .now())
        try outbox.conclude(verdict())
        let sent = drain(&outbox)
        #expect(sent.seqs == [1, 2, 3, 4, 5])
        #expect(sent.finish == 6)
        #expect(!outbox.hasParcel)
        outbox.acknowledge(5)
        #expect(!outbox.isDone)
        outbox.acknowledge(6)
        #expect(outbox.isDone)
    }

    @Test("An outbox of a previous run continues behind what the server has, however far that is")
    func continuesBehindServer() throws {
        var earlier = try AttemptOutbox.create(id, in: folder.path)
        for _ in 0..<5 { try earlier.append(events(1000), time: .now()) }
        try earlier.conclude(verdict())
        var outbox = try AttemptOutbox.open(id, path: "\(folder.path)/\(AttemptOutbox.fileName(id))")
        let first = drain(&outbox).seqs
        #expect(first.first == 1 && first.count == AttemptOutbox.windowEvents)
        // The server has 4105 of them: more than a window lies between.
        outbox.acknowledge(4105)
        let rest = drain(&outbox)
        #expect(rest.seqs == Array(4106...5000))
        #expect(rest.finish == 5001)
    }

    @Test("Unacknowledged events are sent again from any number")
    func rewinds() throws {
        var outbox = try AttemptOutbox.create(id, in: folder.path)
        try outbox.append(events(10), time: .now())
        _ = drain(&outbox)
        outbox.acknowledge(4)
        outbox.rewind()
        let sent1 = drain(&outbox).seqs
        #expect(sent1 == [5, 6, 7, 8, 9, 10])
        // A dispatcher that lost acknowledged events asks for them again: the file still has them.
        outbox.rewind(to: 1)
        let sent2 = drain(&outbox).seqs
        #expect(sent2 == Array(2...10))
    }

    @Test("The window bounds what is sent, and acknowledgements open it")
    func windowBoundsEvents() throws {
        var outbox = try AttemptOutbox.create(id, in: folder.path)
        for _ in 0..<50 { try outbox.append(events(100), time: .now()) }
        let sent3 = drain(&outbox).seqs
        #expect(sent3 == Array(1...1024))
        outbox.acknowledge(1000)
        let sent4 = drain(&outbox).seqs
        #expect(sent4 == Array(1025...2024))
        var all = [UInt64]()
        while outbox.acked < 5000 {
            outbox.acknowledge(min(5000, 2024 + UInt64(all.count)))
            all += drain(&outbox).seqs
        }
        #expect(all == Array(2025...5000))
    }

    @Test("The window is bounded in bytes as well, except for a single event")
    func windowBoundsBytes() throws {
        var outbox = try AttemptOutbox.create(id, in: folder.path)
        for _ in 0..<12 { try outbox.append(events(1, size: 900_000), time: .now()) }
        let sent5 = drain(&outbox).seqs
        #expect(sent5 == [1, 2, 3, 4])
        outbox.acknowledge(4)
        let sent6 = drain(&outbox).seqs
        #expect(sent6 == [5, 6, 7, 8])
    }

    @Test("The file of a previous run is opened, and a torn record cut off")
    func cutsTornRecord() throws {
        let path = folder.file(AttemptOutbox.fileName(id))
        do {
            var outbox = try AttemptOutbox.create(id, in: folder.path)
            try outbox.append(events(5), time: .now())
        }
        let whole = try Data(contentsOf: URL(fileURLWithPath: path))
        for cut in [1, 30, 60] {
            try whole.prefix(whole.count - cut).write(to: URL(fileURLWithPath: path))
            var outbox = try AttemptOutbox.open(id, path: path)
            #expect(outbox.last == 4)
            #expect(outbox.finish == nil)
            try outbox.append(events(1), time: .now())
            try outbox.conclude(verdict())
            let sent = drain(&outbox)
            #expect(sent.seqs == [1, 2, 3, 4, 5])
            #expect(sent.finish == 6)
            let again = try AttemptOutbox.open(id, path: path)
            #expect(again.finish == 6)
        }
    }

    @Test("A verdict that the server is ahead of goes behind what the server has")
    func renumbersVerdict() throws {
        var outbox = try AttemptOutbox.create(id, in: folder.path)
        try outbox.append(events(3), time: .now())
        try outbox.conclude(verdict())
        outbox.rewind(to: 9)
        let sent7 = drain(&outbox).finish
        #expect(sent7 == 10)
        #expect(!outbox.isDone)
        outbox.acknowledge(10)
        #expect(outbox.isDone)
    }

    @Test("An attempt is taken once, and remembered after it is over")
    func remembersOverAttempts() throws {
        var outbox = Outbox(directory: folder.path)
        try outbox.open(id)
        #expect(throws: Fault.self) { try AttemptOutbox.create(id, in: folder.path) }
        try outbox.append(events(1), to: id)
        try outbox.conclude(id, verdict())
        let over = (1...2).map { outbox.acknowledge(AttemptAck(task: id.task, attempt: 1, seq: $0)) }
        #expect(over == [false, true])
        #expect(outbox.isOver(id))
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.path) == [])
    }

    @Test("Attempts take turns")
    func attemptsTakeTurns() throws {
        let other = AttemptID(task: .generate(), attempt: 3)
        var outbox = Outbox(directory: folder.path)
        try outbox.open(id)
        try outbox.open(other)
        for _ in 0..<4 { try outbox.append(events(1, size: 200_000), to: id) }
        try outbox.append(events(1), to: other)
        var tasks: [TaskID] = []
        while let frame = outbox.nextFrame() {
            let (header, body) = try Header.split(frame)
            #expect(header.type == EventsAppend.type)
            tasks += try EventsAppend(bytes: body).batch.events.map(\.task)
        }
        #expect(tasks == [id.task, other.task, id.task, id.task, id.task])
    }

    @Test("Attempts of a previous run are found, foreign files are left alone")
    func findsPreviousAttempts() throws {
        try folder.write("hello", to: "notes.txt")
        do {
            var outbox = Outbox(directory: folder.path)
            try outbox.open(id)
            try outbox.append(events(2), to: id)
        }
        var outbox = Outbox(directory: folder.path)
        let found = try outbox.recover()
        #expect(found == [id])
        #expect(outbox[id]?.last == 2)
        #expect(FileManager.default.fileExists(atPath: folder.file("notes.txt")))
    }

    @Test("Acknowledged bytes release their disk space, and the next run opens the rest")
    func releasesDisk() throws {
        let path = folder.file(AttemptOutbox.fileName(id))
        var outbox = try AttemptOutbox.create(id, in: folder.path)
        for _ in 0..<40 {
            try outbox.append(events(1, size: 1_000_000), time: .now())
            _ = drain(&outbox)
            outbox.acknowledge(outbox.last)
        }
        try outbox.append(events(3), time: .now())
        var status = stat()
        #expect(stat(path, &status) == 0)
        #expect(status.st_size > 40_000_000)
        #expect(status.st_blocks * 512 < 12 << 20, "\(status.st_blocks)")
        // Events that were acknowledged last can still be asked for.
        outbox.rewind(to: 37)
        #expect(drain(&outbox).seqs == [38, 39, 40, 41, 42, 43])
        var next = try AttemptOutbox.open(id, path: path)
        #expect(next.last == 43)
        try next.conclude(verdict())
        next.acknowledge(40)
        let sent = drain(&next)
        #expect(sent.seqs == [41, 42, 43])
        #expect(sent.finish == 44)
        next.acknowledge(44)
        #expect(next.isDone)
    }

    @Test("A request for released events gets a failure instead, and nothing after it", arguments: [false, true])
    func failsReleasedEvents(ended: Bool) throws {
        var outbox = try AttemptOutbox.create(id, in: folder.path)
        for _ in 0..<40 {
            try outbox.append(events(1, size: 1_000_000), time: .now())
            _ = drain(&outbox)
            outbox.acknowledge(outbox.last)
        }
        if ended { try outbox.conclude(verdict()) }
        outbox.rewind(to: 4)
        #expect(outbox.isBroken)
        try outbox.append(events(2), time: .now())
        if !ended { try outbox.conclude(verdict()) }
        let parcel = outbox.next(upTo: 1 << 20)
        guard case .finish(let last) = parcel else { return #expect(Bool(false), "\(String(describing: parcel))") }
        #expect(last.attemptSeq == 5)
        if ended { #expect(last.state == .failed && last.error?.code == .storageFailed) }
        outbox.acknowledge(5)
        #expect(outbox.isDone)
    }

    @Test("A record that cannot be read ends the stream with a failure", arguments: [false, true])
    func unreadableRecordEndsStream(ended: Bool) throws {
        var outbox = try AttemptOutbox.create(id, in: folder.path)
        for _ in 0..<30 { try outbox.append(events(100), time: .now()) }
        if ended { try outbox.conclude(verdict()) }
        // Record 2001, which is not in memory yet.
        let path = folder.file(AttemptOutbox.fileName(id))
        let offset = try Spool.open(path) { _ in }.read(from: 0, upTo: 8 << 20, most: 2000).next
        let file = try FileHandle(forUpdating: URL(fileURLWithPath: path))
        try file.seek(toOffset: UInt64(offset))
        try file.write(contentsOf: Data(repeating: 0xff, count: 64))
        try file.close()
        var seqs: [UInt64] = drain(&outbox).seqs
        outbox.acknowledge(1000)
        seqs += drain(&outbox).seqs
        outbox.acknowledge(1900)
        seqs += drain(&outbox).seqs
        #expect(seqs == Array(1...2000))
        #expect(outbox.isBroken)
        if !ended {
            try outbox.append(events(2), time: .now())
            try outbox.conclude(verdict())
        }
        outbox.rewind(to: 2000)
        guard case .finish(let last) = outbox.next(upTo: 1 << 20) else { return #expect(Bool(false)) }
        #expect(last.attemptSeq == 2001 && last.state == .failed && last.error?.code == .storageFailed)
        outbox.acknowledge(2001)
        #expect(outbox.isDone)
    }

    @Test("A verdict that the disk does not store is sent behind everything in the file")
    func sendsUnstoredVerdict() throws {
        var outbox = try AttemptOutbox.create(id, in: folder.path)
        for _ in 0..<15 { try outbox.append(events(100), time: .now()) }
        outbox.concludeUnkept(verdict())
        var sent = drain(&outbox)
        #expect(sent.seqs.count == 1024 && sent.finish == nil)
        outbox.acknowledge(1024)
        sent = drain(&outbox)
        #expect(sent.seqs == Array(1025...1500) && sent.finish == 1501)
        outbox.rewind()
        sent = drain(&outbox)
        #expect(sent.seqs == Array(1025...1500) && sent.finish == 1501)
        outbox.rewind(to: 3)
        #expect(drain(&outbox).seqs == Array(4...1027))
        outbox.acknowledge(1027)
        sent = drain(&outbox)
        #expect(sent.seqs == Array(1028...1500) && sent.finish == 1501)
        outbox.acknowledge(1501)
        #expect(outbox.isDone)
        // The next run knows only what was stored.
        #expect(try AttemptOutbox.open(id, path: folder.file(AttemptOutbox.fileName(id))).finish == nil)
    }

    @Test(
        "On a full disk nothing is added, not even the verdict",
        .enabled(if: FileManager.default.fileExists(atPath: "/dev/full"), "needs /dev/full"))
    func fullDiskAddsNothing() throws {
        let path = folder.file(AttemptOutbox.fileName(id))
        try FileManager.default.createSymbolicLink(atPath: path, withDestinationPath: "/dev/full")
        var outbox = try AttemptOutbox.open(id, path: path)
        #expect(throws: Fault.self) { try outbox.append(events(2), time: .now()) }
        #expect(throws: Fault.self) { try outbox.conclude(verdict()) }
        #expect(outbox.last == 0 && outbox.finish == nil && !outbox.hasParcel)
        outbox.concludeUnkept(verdict())
        #expect(drain(&outbox).finish == 1)
    }

    @Test("An acknowledgement reads no more than there is room for")
    func readsWithinRoom() throws {
        var outbox = try AttemptOutbox.create(id, in: folder.path)
        for _ in 0..<50 { try outbox.append(events(100), time: .now()) }
        let spool = try Spool.open(folder.file(AttemptOutbox.fileName(id))) { _ in }
        let (read, next) = try spool.read(from: 0, upTo: 256 << 10, most: 10)
        #expect(read.map(\.attemptSeq) == Array(1...10))
        #expect(next == read.reduce(0) { $0 + $1.encodedSize })
        #expect(try spool.read(from: next, upTo: 256 << 10, most: 1).events.map(\.attemptSeq) == [11])
    }

    @Test("A file that cannot be read does not hide the others, and stays")
    func skipsUnreadableFile() throws {
        let other = AttemptID(task: .generate(), attempt: 1)
        do {
            var outbox = Outbox(directory: folder.path)
            try outbox.open(id)
        }
        _ = try folder.folder(AttemptOutbox.fileName(other))
        var outbox = Outbox(directory: folder.path)
        var faults: [Fault] = []
        #expect(try outbox.recover { faults.append($0) } == [id])
        #expect(faults.count == 1 && faults[0].message.contains(AttemptOutbox.fileName(other)))
        #expect(FileManager.default.fileExists(atPath: folder.file(AttemptOutbox.fileName(other))))
    }
}

import Messages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The file that keeps an attempt's events, one after the other as they travel, until the server has all of them.
///
/// An event is written before it is sent and never synced: the file survives the process, not a power failure. A last
/// record that the end of the process has torn is cut off when the file is opened again. One owner, no locking.
final class Spool {
    /// The kind of the record with the verdict, a `task.finished` in JSON; never on a wire.
    static let finish = EventKind(code: 0)

    /// The kind of the record at the beginning of a file from which records were released: its payload is the offset of
    /// the first remaining record, its number that of the last released one.
    static let gap = EventKind(code: 255)

    let path: String
    /// Where whole records end.
    private(set) var size = 0
    /// Where the first record is.
    private(set) var start = 0
    /// The number of the first record that may be there.
    private(set) var first: UInt64 = 1
    private let descriptor: Int32

    private init(path: String, descriptor: Int32) {
        self.path = path
        self.descriptor = descriptor
    }

    deinit { close(descriptor) }

    /// Creates the file of a new attempt.
    /// - Throws: ``Fault`` with code `conflict` when it exists, `spawn_failed` for want of file descriptors, else
    ///   `storage_failed`.
    static func create(_ path: String) throws -> Spool {
        let descriptor = Self.openFile(path, O_RDWR | O_CREAT | O_EXCL | O_CLOEXEC)
        guard descriptor >= 0 else {
            let error = errno
            if let why = FileDescriptors.exhaustion(error) { throw notStarted(why) }
            throw Fault(
                error == EEXIST ? .conflict : .storageFailed,
                "\(path) cannot be created: \(String(cString: strerror(error)))")
        }
        let spool = Spool(path: path, descriptor: descriptor)
        if FileDescriptors.isReserved(descriptor, for: .spool), let why = FileDescriptors.exhaustion(EMFILE) {
            spool.delete()
            throw notStarted(why)
        }
        return spool
    }

    private static func notStarted(_ why: String) -> Fault {
        Fault(.spawnFailed, "the task could not be started: \(why)")
    }

    /// Opens the file of a previous run, passes each of its records to `record`, and cuts off a torn one.
    static func open(_ path: String, record: (Event) -> Void) throws -> Spool {
        let descriptor = Self.openFile(path, O_RDWR | O_CLOEXEC)
        guard descriptor >= 0 else { throw Fault(.storageFailed, "\(path) cannot be opened: \(Self.reason)") }
        let spool = Spool(path: path, descriptor: descriptor)
        spool.size = Int(lseek(descriptor, 0, SEEK_END))
        let offsetBehindGap = try spool.findGap()
        var offset = offsetBehindGap
        while true {
            let (events, next) = try spool.read(from: offset, upTo: 1 << 20)
            if events.isEmpty { break }
            if offset == offsetBehindGap, let event = events.first { spool.first = event.attemptSeq }
            events.forEach(record)
            offset = next
        }
        spool.size = offset
        ftruncate(descriptor, off_t(offset))
        return spool
    }

    private func findGap() throws -> Int {
        let head = try read(from: 0, upTo: Event.headerSize + 8).events.first
        guard let head, head.kind == Self.gap, head.payload.count == 8 else { return 0 }
        start = head.payload.reversed().reduce(0) { $0 << 8 | Int($1) }
        return start
    }

    /// Releases the disk space of everything before `offset`, where a record numbered `seq` begins. The file keeps its
    /// length; where the system cannot punch holes it keeps its disk space as well.
    func release(before offset: Int, seq: UInt64, of id: AttemptID) {
        var payload: [UInt8] = []
        for shift in 0..<8 { payload.append(UInt8(truncatingIfNeeded: offset >> (8 * shift))) }
        let gap = Event(
            task: id.task, attempt: id.attempt, attemptSeq: seq - 1, kind: Self.gap, payload: payload)
        let bytes = EventBatch([gap]).bytes
        // The gap record first, then the hole: a process that ends in between loses nothing.
        guard offset > Self.page * 2, pwrite(descriptor, bytes, bytes.count, 0) == bytes.count else { return }
        (start, first) = (offset, seq)
        let end = offset / Self.page * Self.page
        #if os(Linux)
            // FALLOC_FL_KEEP_SIZE | FALLOC_FL_PUNCH_HOLE
            _ = Self.fallocate?(descriptor, 1 | 2, off_t(Self.page), off_t(end - Self.page))
        #else
            var hole = fpunchhole_t(
                fp_flags: 0, reserved: 0, fp_offset: off_t(Self.page), fp_length: off_t(end - Self.page))
            _ = fcntl(descriptor, F_PUNCHHOLE, &hole)
        #endif
    }

    #if os(Linux)
        /// fallocate(2), which Swift's C library module does not export; nil where there is none.
        private static let fallocate = dlsym(nil, "fallocate").map {
            unsafeBitCast($0, to: (@convention(c) (Int32, Int32, off_t, off_t) -> Int32).self)
        }
    #endif

    /// The unit of holes: the largest page size of the supported systems.
    private static let page = 16 << 10

    /// Empties the file; the next record is numbered `seq`.
    func reset(first seq: UInt64) {
        ftruncate(descriptor, 0)
        (size, start, first) = (0, 0, seq)
    }

    private static func openFile(_ path: String, _ flags: Int32) -> Int32 {
        #if canImport(Glibc)
            Glibc.open(path, flags, 0o600)
        #elseif canImport(Musl)
            Musl.open(path, flags, 0o600)
        #else
            Darwin.open(path, flags, 0o600)
        #endif
    }

    private static var reason: String { String(cString: strerror(errno)) }

    /// Appends whole records: all of them, or none.
    /// - Throws: ``Fault`` with code `storage_failed`, naming the file.
    func append(_ records: [UInt8]) throws {
        var done = 0
        while done < records.count {
            let count = records.withUnsafeBytes { bytes in
                pwrite(descriptor, bytes.baseAddress! + done, bytes.count - done, off_t(size + done))
            }
            if count < 0, errno == EINTR { continue }
            guard count > 0 else {
                let reason = Self.reason
                ftruncate(descriptor, off_t(size))
                throw Fault(.storageFailed, "\(path) cannot be written: \(reason)")
            }
            done += count
        }
        size += records.count
    }

    /// Cuts off everything from `offset` on, where a record ends.
    func cut(at offset: Int) {
        ftruncate(descriptor, off_t(offset))
        size = offset
    }

    /// Reads records from `offset`, as many as fit into `limit` bytes, at least one where there is one, and `most` at
    /// most.
    /// - Returns: the events, and where the next one begins. A torn or foreign record ends the file.
    /// - Throws: ``Fault`` with code `storage_failed`, naming the file.
    func read(from offset: Int, upTo limit: Int, most: Int = .max) throws -> (events: [Event], next: Int) {
        var length = min(limit, size - offset)
        guard length >= Event.headerSize else { return ([], offset) }
        var events: [Event] = []
        var position = 0
        for _ in 0..<2 {
            let bytes = try bytes(at: offset, count: length)
            bytes.withUnsafeBytes { buffer in
                while events.count < most, let event = try? Event.decode(buffer, at: &position) { events.append(event) }
            }
            // One record may be longer than the limit.
            let longest = min(Event.headerSize + Event.longestPayload, size - offset)
            if !events.isEmpty || length >= longest { break }
            length = longest
        }
        return (events, offset + position)
    }

    private func bytes(at offset: Int, count: Int) throws -> [UInt8] {
        var failed: Int32 = 0
        let bytes = [UInt8](unsafeUninitializedCapacity: count) { buffer, filled in
            while filled < count {
                let got = pread(descriptor, buffer.baseAddress! + filled, count - filled, off_t(offset + filled))
                if got < 0, errno == EINTR { continue }
                if got < 0 { failed = errno }
                guard got > 0 else { break }
                filled += got
            }
        }
        guard failed == 0 else {
            throw Fault(.storageFailed, "\(path) cannot be read: \(String(cString: strerror(failed)))")
        }
        return bytes
    }

    /// Removes the file; its descriptor is closed with this object.
    func delete() { unlink(path) }
}

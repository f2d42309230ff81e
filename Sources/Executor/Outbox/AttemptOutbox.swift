import DequeModule
import Messages

/// One attempt's events on their way to the dispatcher: numbered, spooled, sent in order, kept until acknowledged.
///
/// The window holds up to ``windowEvents`` unacknowledged events or ``windowBytes`` bytes in memory; only those are
/// sent. Later events wait in the spool. The verdict is the last event.
struct AttemptOutbox {
    /// The most unacknowledged events in memory.
    static let windowEvents = Limits.windowEvents
    /// The most bytes of them; a single event may be larger.
    static let windowBytes = Limits.windowBytes
    /// Acknowledged bytes that are kept at least; beyond twice as many they are released. A dispatcher that has lost a
    /// commit asks again for what it had acknowledged, which is a batch or two.
    static let keptBytes = 4 << 20
    /// How much of the file is read at once.
    private static let chunk = 256 << 10

    /// What is sent next.
    enum Parcel {
        case events([Event])
        case finish(TaskFinished)
    }

    let id: AttemptID
    private let spool: Spool
    /// The last number assigned, the verdict's included.
    private(set) var last: UInt64 = 0
    /// Everything up to this number is on the server's disk.
    private(set) var acked: UInt64 = 0
    /// The verdict's number, once there is a verdict.
    private(set) var finish: UInt64?
    /// The last number that was sent on the present link.
    private var sent: UInt64 = 0
    /// Events from `windowStart` on, without gaps.
    private var window: Deque<Event> = []
    private var windowStart: UInt64 = 1
    private var windowSize = 0
    /// Where in the spool the first event after the window is.
    private var windowOffset = 0
    /// The number and offset of an acknowledged event; everything before it is released when ``keptBytes`` more are
    /// acknowledged.
    private var mark: (seq: UInt64, offset: Int)?
    /// The verdict, once there is one.
    private var verdict: TaskFinished?
    /// A verdict that the file could not store: it is sent after everything in the file.
    private var unkept: Event?
    /// Why the stream ends where it is and later output is dropped: the dispatcher asked for events that are no longer
    /// kept, or the file is damaged.
    private(set) var broken: Fault?
    /// Why the file could not be read at the last attempt, which is retried.
    private(set) var trouble: Fault?
    var isBroken: Bool { broken != nil }

    /// Creates the outbox of a new attempt; its file in `directory` records that the attempt was taken.
    static func create(_ id: AttemptID, in directory: String) throws -> AttemptOutbox {
        AttemptOutbox(id: id, spool: try .create(directory + "/" + fileName(id)))
    }

    /// Opens the outbox that a previous run has left in `path`.
    static func open(_ id: AttemptID, path: String) throws -> AttemptOutbox {
        var last: UInt64 = 0
        var finish: UInt64?
        var verdict: TaskFinished?
        let spool = try Spool.open(path) { event in
            last = event.attemptSeq
            if event.kind == Spool.finish {
                finish = event.attemptSeq
                verdict = try? Wire.decode(TaskFinished.self, from: event.payload)
            }
        }
        var outbox = AttemptOutbox(id: id, spool: spool)
        outbox.last = max(last, spool.first - 1)
        outbox.finish = finish
        outbox.verdict = verdict
        outbox.begin(at: spool.first, offset: spool.start)
        outbox.fill()
        return outbox
    }

    private init(id: AttemptID, spool: Spool) {
        self.id = id
        self.spool = spool
    }

    /// Bytes on this disk that the server has not acknowledged.
    var unacked: Int { spool.size - (windowOffset - windowSize) }
    /// Whether something may be sent that the present link has not been given.
    var hasParcel: Bool { sent + 1 < windowStart + UInt64(window.count) }
    /// Whether the server has everything, the verdict included.
    var isDone: Bool { finish.map { acked >= $0 } ?? false }

    /// Numbers events, spools them and makes them ready to be sent.
    /// - Throws: ``Fault`` with code `storage_failed`; then nothing was added.
    mutating func append(_ events: [AgentEvent], time: Timestamp) throws {
        guard finish == nil, !isBroken, !events.isEmpty else { return }
        var numbered: [Event] = []
        numbered.reserveCapacity(events.count)
        for event in events {
            numbered.append(
                Event(
                    task: id.task, attempt: id.attempt, attemptSeq: last + UInt64(numbered.count) + 1,
                    kind: event.kind, time: time, payload: event.payload))
        }
        try add(numbered)
    }

    /// Ends the attempt with a verdict; sets its `attempt_seq`.
    mutating func conclude(_ verdict: TaskFinished) throws {
        guard finish == nil else { return }
        let verdict = numbered(verdict)
        try add([
            Event(
                task: id.task, attempt: id.attempt, attemptSeq: last + 1, kind: Spool.finish, flags: .terminal,
                time: verdict.endedAt, payload: try Wire.encode(verdict))
        ])
        finish = last
        self.verdict = verdict
    }

    /// Ends the attempt with a verdict that the file cannot store. If this process ends before the verdict is
    /// acknowledged, the next run does not know it.
    mutating func concludeUnkept(_ verdict: TaskFinished) {
        let verdict = numbered(verdict)
        guard finish == nil, let payload = try? Wire.encode(verdict) else { return }
        unkept = Event(
            task: id.task, attempt: id.attempt, attemptSeq: last + 1, kind: Spool.finish, flags: .terminal,
            time: verdict.endedAt, payload: payload)
        last += 1
        finish = last
        self.verdict = verdict
        fill()
    }

    /// The verdict as the last event; a broken stream is not `completed`.
    private func numbered(_ verdict: TaskFinished) -> TaskFinished {
        var verdict = verdict
        verdict.attemptSeq = last + 1
        if let broken, verdict.state == .completed { (verdict.state, verdict.error) = (.failed, broken) }
        return verdict
    }

    /// Makes an empty window begin with an event and its offset; everything before it is acknowledged.
    private mutating func begin(at seq: UInt64, offset: Int) {
        window = []
        windowSize = 0
        windowStart = seq
        windowOffset = offset
        acked = seq - 1
        sent = seq - 1
    }

    private mutating func add(_ events: [Event]) throws {
        let start = spool.size
        try spool.append(EventBatch(events).bytes)
        let caughtUp = windowOffset == start
        last += UInt64(events.count)
        guard caughtUp else { return }
        for event in events {
            guard hasRoom(for: event) else { break }
            push(event)
        }
    }

    private func hasRoom(for event: Event) -> Bool {
        window.isEmpty
            || (window.count < Self.windowEvents && windowSize + event.encodedSize <= Self.windowBytes)
    }

    private mutating func push(_ event: Event) {
        window.append(event)
        windowSize += event.encodedSize
        windowOffset += event.encodedSize
    }

    /// Drops acknowledged events from the window and fills it from the spool. The acknowledged number may be far ahead
    /// of the window: an outbox that was opened again begins at 1, whatever the server has.
    private mutating func fill() {
        while windowStart <= acked {
            if window.isEmpty { refill() }
            guard let first = window.popFirst() else { return }
            windowSize -= first.encodedSize
            windowStart += 1
        }
        refill()
    }

    private mutating func refill() {
        trouble = nil
        while windowOffset < spool.size, window.count < Self.windowEvents, windowSize < Self.windowBytes {
            let events: [Event]
            do {
                events = try spool.read(
                    from: windowOffset, upTo: Self.chunk, most: Self.windowEvents - window.count
                ).events
            } catch {
                trouble = error as? Fault ?? Fault(.storageFailed, "\(error)")
                return
            }
            guard events.first?.attemptSeq == windowStart + UInt64(window.count) else { return breakOffUnreadable() }
            for event in events {
                guard hasRoom(for: event) else { return }
                push(event)
            }
        }
        if windowOffset == spool.size, let unkept, hasRoom(for: unkept) { push(unkept) }
    }

    /// The server has everything up to `seq` on disk.
    mutating func acknowledge(_ seq: UInt64) {
        // More than was ever produced: a power failure lost the tail of the spool. The verdict goes behind `seq`.
        if seq > last, finish != nil { renumber(after: seq) }
        guard seq > acked, seq <= last else { return }
        acked = seq
        sent = max(sent, seq)
        fill()
        release()
    }

    /// Releases the disk space of events that were acknowledged a while ago.
    private mutating func release() {
        let base = windowOffset - windowSize
        guard base - (mark?.offset ?? spool.start) >= Self.keptBytes else { return }
        if let mark { spool.release(before: mark.offset, seq: mark.seq, of: id) }
        mark = (windowStart, base)
    }

    /// Sends everything after `seq` again; by default everything that is not acknowledged.
    mutating func rewind(to seq: UInt64? = nil) {
        let target = seq ?? acked
        if target > last, finish != nil { renumber(after: target) }
        guard target <= last else { return }
        guard target + 1 >= spool.first else { return breakOff(after: target) }
        sent = target
        if target + 1 < windowStart { reload(from: target + 1) } else { fill() }
    }

    /// Starts the window again at `seq`, from the file.
    private mutating func reload(from seq: UInt64) {
        window = []
        windowSize = 0
        windowStart = spool.first
        windowOffset = spool.start
        acked = min(acked, seq - 1)
        fill()
    }

    /// Puts the verdict behind `seq`: the server has everything up to there.
    private mutating func renumber(after seq: UInt64) {
        empty(after: seq)
        concludeAgain()
    }

    /// Numbers the verdict, where there is one, after the last event.
    private mutating func concludeAgain() {
        guard let verdict else { return }
        do { try conclude(verdict) } catch { concludeUnkept(verdict) }
    }

    /// Empties the file; the next event follows `seq`.
    private mutating func empty(after seq: UInt64) {
        spool.reset(first: seq + 1)
        begin(at: seq + 1, offset: 0)
        mark = nil
        last = seq
        finish = nil
        unkept = nil
    }

    /// The dispatcher asked for acknowledged events that are no longer kept: only a failure can follow.
    private mutating func breakOff(after seq: UInt64) {
        fail(Self.discarded)
        empty(after: seq)
        concludeAgain()
    }

    /// The next bytes in the file are not a record: what precedes them is still sent, and a failure follows.
    private mutating func breakOffUnreadable() {
        fail(Fault(.storageFailed, "output of this task cannot be read back from \(spool.path); run the task again"))
        let end = windowStart + UInt64(window.count) - 1
        guard acked <= end else {
            empty(after: acked)
            return concludeAgain()
        }
        spool.cut(at: windowOffset)
        last = end
        sent = min(sent, end)
        finish = nil
        unkept = nil
        concludeAgain()
    }

    private mutating func fail(_ fault: Fault) {
        broken = fault
        guard verdict != nil else { return }
        verdict?.state = .failed
        verdict?.error = fault
    }

    private static let discarded = Fault(
        .storageFailed,
        "the server lost output it had acknowledged, and this device has discarded its copy; run the task again")

    /// Returns the next parcel for the present link: events of at most `limit` bytes (a single one may be larger), or
    /// the verdict.
    mutating func next(upTo limit: Int) -> Parcel? {
        // The file may have been unreadable for a moment.
        if !hasParcel, windowOffset < spool.size { fill() }
        guard hasParcel else { return nil }
        var index = Int(sent + 1 - windowStart)
        if window[index].kind == Spool.finish {
            sent += 1
            guard let verdict = try? Wire.decode(TaskFinished.self, from: window[index].payload) else { return nil }
            return .finish(verdict)
        }
        var events: [Event] = []
        var size = 0
        while index < window.count, window[index].kind != Spool.finish {
            size += window[index].encodedSize
            if size > limit, !events.isEmpty { break }
            events.append(window[index])
            index += 1
        }
        sent += UInt64(events.count)
        return .events(events)
    }

    /// Deletes the file.
    func delete() { spool.delete() }

    /// `TASK.ATTEMPT`.
    static func fileName(_ id: AttemptID) -> String { "\(id.task).\(id.attempt)" }

    /// Returns the attempt that a file belongs to; nil for other files.
    static func attempt(ofFile name: String) -> AttemptID? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let task = TaskID(String(parts[0])), let attempt = UInt32(parts[1]) else { return nil }
        return AttemptID(task: task, attempt: attempt)
    }
}

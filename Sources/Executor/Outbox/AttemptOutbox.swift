import DequeModule
import Messages

/// One attempt's events on their way to the leader: numbered, spooled, sent in order, kept until acked.
///
/// Up to ``windowEvents`` events or ``windowBytes`` bytes that are not acked are in memory, and only those are
/// sent; what comes after them waits in the spool. The verdict is the last of the events.
struct AttemptOutbox {
    /// The most events that are unacked in memory.
    static let windowEvents = 1024
    /// The most bytes of them, but for one event.
    static let windowBytes = 4 << 20
    /// Acked bytes that are kept at least, and given back at once beyond twice as much: a leader whose commit was lost
    /// asks for what it had acked, and that is a batch or two.
    static let keptBytes = 4 << 20
    /// How much of the file is read at once.
    private static let chunk = 256 << 10

    /// What goes over the link next.
    enum Parcel {
        case events([Event])
        case finish(TaskFinished)
    }

    let id: AttemptID
    private let spool: Spool
    /// The last number given out, the verdict's included.
    private(set) var last: UInt64 = 0
    /// Everything up to this number is on the leader's disk.
    private(set) var acked: UInt64 = 0
    /// The verdict's number, once there is a verdict.
    private(set) var finish: UInt64?
    /// The last number that was handed to the present link.
    private var sent: UInt64 = 0
    /// Events from `windowStart` on, without gaps.
    private var window: Deque<Event> = []
    private var windowStart: UInt64 = 1
    private var windowSize = 0
    /// Where in the spool the first event after the window is.
    private var windowOffset = 0
    /// An acked event's number and place, before which everything goes when ``keptBytes`` more are acked.
    private var mark: (seq: UInt64, offset: Int)?
    /// The verdict, once there is one.
    private var verdict: TaskFinished?
    /// A verdict that the file could not take: it is sent when everything in the file was.
    private var unkept: Event?
    /// Why the stream has an end where it is, and what comes is dropped: the leader wants what is not kept any more, or
    /// the file cannot be read any more.
    private(set) var broken: Fault?
    /// Why the file could not be read at the last try; it is tried again.
    private(set) var trouble: Fault?
    /// Whether the stream has an end where it is.
    var isBroken: Bool { broken != nil }

    /// The outbox of a new attempt; its file in `directory` is the note that the attempt was taken.
    static func create(_ id: AttemptID, in directory: String) throws -> AttemptOutbox {
        AttemptOutbox(id: id, spool: try .create(directory + "/" + fileName(id)))
    }

    /// The outbox that an earlier life left in `path`.
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

    /// Bytes on disk that are not known to be on the leader's.
    var unacked: Int { spool.size - (windowOffset - windowSize) }
    /// Whether there is something that the present link has not got and may get.
    var hasParcel: Bool { sent + 1 < windowStart + UInt64(window.count) }
    /// Whether the leader has everything, the verdict too.
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

    /// Ends the attempt with a verdict, whose `attempt_seq` is set here.
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

    /// Ends the attempt with a verdict that the file cannot take: should this process die before the verdict is acked, the
    /// next life does not know it.
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

    /// The verdict as the last of the events; a stream that was broken off is not complete.
    private func numbered(_ verdict: TaskFinished) -> TaskFinished {
        var verdict = verdict
        verdict.attemptSeq = last + 1
        if let broken, verdict.state == .completed { (verdict.state, verdict.error) = (.failed, broken) }
        return verdict
    }

    /// Makes the window begin, empty, with an event at a place; everything before it is acked.
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

    /// Takes what is acked out of the window, and fills it from the spool as far as there is room. What is acked may lie
    /// far behind it: an outbox that was opened again begins at 1, whatever the leader has.
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

    /// The leader has everything up to `seq` on disk.
    mutating func acknowledge(_ seq: UInt64) {
        // More than was ever produced: the tail of the spool was lost with the power. The verdict goes behind it.
        if seq > last, finish != nil { renumber(after: seq) }
        guard seq > acked, seq <= last else { return }
        acked = seq
        sent = max(sent, seq)
        fill()
        release()
    }

    /// Gives back the disk of what was acked a while ago.
    private mutating func release() {
        let base = windowOffset - windowSize
        guard base - (mark?.offset ?? spool.start) >= Self.keptBytes else { return }
        if let mark { spool.release(before: mark.offset, seq: mark.seq, of: id) }
        mark = (windowStart, base)
    }

    /// Sends everything after `seq` again; with none given, everything that is not acked.
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

    /// Puts the verdict behind `seq`: the leader has everything up to there.
    private mutating func renumber(after seq: UInt64) {
        empty(after: seq)
        concludeAgain()
    }

    /// Gives the verdict, when there is one, the number after the last event.
    private mutating func concludeAgain() {
        guard let verdict else { return }
        do { try conclude(verdict) } catch { concludeUnkept(verdict) }
    }

    /// Goes on without a record behind `seq`.
    private mutating func empty(after seq: UInt64) {
        spool.reset(first: seq + 1)
        begin(at: seq + 1, offset: 0)
        mark = nil
        last = seq
        finish = nil
        unkept = nil
    }

    /// The leader wants what it has acked and what is not kept any more: nothing but a failure can follow.
    private mutating func breakOff(after seq: UInt64) {
        fail(Self.lost)
        empty(after: seq)
        concludeAgain()
    }

    /// What follows in the file is no record: what stands before it is still sent, and a failure follows.
    private mutating func breakOffUnreadable() {
        fail(Fault(.storageFailed, "output of this task cannot be read back from \(spool.path)"))
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

    /// Why a stream has failed that the leader wants from a place that is not kept any more.
    private static let lost = Fault(
        .storageFailed,
        "the service has lost output of this task that it had confirmed, and the device does not keep it for longer")

    /// The next piece for the present link: events of at most `limit` bytes (but for one), or the verdict.
    mutating func next(upTo limit: Int) -> Parcel? {
        // The file may have been out of reach for a moment.
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

    /// Forgets the attempt, its file included.
    func delete() { spool.delete() }

    /// `TASK.ATTEMPT`.
    static func fileName(_ id: AttemptID) -> String { "\(id.task).\(id.attempt)" }

    /// The attempt of a file; nil for a foreign one.
    static func attempt(ofFile name: String) -> AttemptID? {
        let parts = name.split(separator: ".", omittingEmptySubsequences: false)
        guard parts.count == 2, let task = TaskID(String(parts[0])), let attempt = UInt32(parts[1]) else { return nil }
        return AttemptID(task: task, attempt: attempt)
    }
}

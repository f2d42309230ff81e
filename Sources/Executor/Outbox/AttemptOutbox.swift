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
    /// What comes is dropped: the leader wants what is not kept any more, so the stream has an end where it is.
    private(set) var isBroken = false

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
        outbox.refill()
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
        var verdict = verdict
        verdict.attemptSeq = last + 1
        try add([
            Event(
                task: id.task, attempt: id.attempt, attemptSeq: last + 1, kind: Spool.finish, flags: .terminal,
                time: verdict.endedAt, payload: try Wire.encode(verdict))
        ])
        finish = last
        self.verdict = verdict
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

    /// Fills the window from the spool, as far as there is room.
    private mutating func refill() {
        while windowOffset < spool.size, window.count < Self.windowEvents, windowSize < Self.windowBytes {
            guard let (events, _) = try? spool.read(from: windowOffset, upTo: Self.windowBytes - windowSize),
                !events.isEmpty
            else { return }
            for event in events {
                guard hasRoom(for: event) else { return }
                push(event)
            }
        }
    }

    /// The leader has everything up to `seq` on disk.
    mutating func acknowledge(_ seq: UInt64) {
        // More than was ever produced: the tail of the spool was lost with the power. The verdict goes behind it.
        if seq > last, finish != nil { renumber(after: seq) }
        guard seq > acked, seq <= last else { return }
        acked = seq
        sent = max(sent, seq)
        discard(upTo: seq)
        refill()
        release()
    }

    /// Gives back the disk of what was acked a while ago.
    private mutating func release() {
        let base = windowOffset - windowSize
        guard base - (mark?.offset ?? spool.start) >= Self.keptBytes else { return }
        if let mark { spool.release(before: mark.offset, seq: mark.seq, of: id) }
        mark = (windowStart, base)
    }

    /// Moves the window behind `seq`, which may lie far behind it: an outbox that was opened again begins at 1,
    /// whatever the leader has.
    private mutating func discard(upTo seq: UInt64) {
        while windowStart <= seq {
            if window.isEmpty { refill() }
            guard let first = window.popFirst() else { return }
            windowSize -= first.encodedSize
            windowStart += 1
        }
    }

    /// Sends everything after `seq` again; with none given, everything that is not acked.
    mutating func rewind(to seq: UInt64? = nil) {
        let target = seq ?? acked
        if target > last, finish != nil { renumber(after: target) }
        guard target <= last else { return }
        guard target + 1 >= spool.first else { return breakOff(after: target) }
        if target + 1 < windowStart { reload(from: target + 1) }
        sent = target
    }

    /// Starts the window again at `seq`, from the file.
    private mutating func reload(from seq: UInt64) {
        window = []
        windowSize = 0
        var offset = spool.start
        var number = spool.first
        search: while number < seq, let (events, _) = try? spool.read(from: offset, upTo: 1 << 20), !events.isEmpty {
            for event in events {
                if event.attemptSeq >= seq { break search }
                offset += event.encodedSize
                number = event.attemptSeq + 1
            }
        }
        windowStart = seq
        windowOffset = offset
        acked = min(acked, seq - 1)
        refill()
    }

    /// Puts the verdict behind `seq`: the leader has everything up to there.
    private mutating func renumber(after seq: UInt64) {
        guard let verdict else { return }
        spool.reset(first: seq + 1)
        begin(at: seq + 1, offset: 0)
        mark = nil
        last = seq
        finish = nil
        try? conclude(verdict)
    }

    /// The leader wants what it has acked and what is not kept any more: nothing but a failure can follow.
    private mutating func breakOff(after seq: UInt64) {
        isBroken = true
        if var verdict {
            verdict.state = .failed
            verdict.error = Self.broken
            self.verdict = verdict
            return renumber(after: seq)
        }
        spool.reset(first: seq + 1)
        begin(at: seq + 1, offset: 0)
        mark = nil
        last = seq
    }

    /// Why a broken stream has failed.
    static let broken = Fault(
        .storageFailed,
        "the service has lost output of this task that it had confirmed, and the device does not keep it for longer")

    /// The next piece for the present link: events of at most `limit` bytes (but for one), or the verdict.
    mutating func next(upTo limit: Int) -> Parcel? {
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

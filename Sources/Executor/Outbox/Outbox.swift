import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The outboxes of all attempts of which the server does not have everything. Part of the executor's actor.
struct Outbox {
    private let directory: String
    private var attempts: [AttemptID: AttemptOutbox] = [:]
    /// The order in which attempts send, so that one with much output does not starve the others.
    private var turns: [AttemptID] = []
    /// Attempts that are over, newest last, so that a late repeat of an assignment starts nothing.
    private var over: [AttemptID] = []

    init(directory: String) { self.directory = directory }

    /// Every attempt that is held.
    var ids: [AttemptID] { turns }
    subscript(id: AttemptID) -> AttemptOutbox? { attempts[id] }
    /// Whether the attempt was here and the server has all of it.
    func isOver(_ id: AttemptID) -> Bool { over.contains(id) }

    /// Takes a new attempt, on disk first.
    mutating func open(_ id: AttemptID) throws {
        attempts[id] = try .create(id, in: directory)
        turns.append(id)
    }

    /// Opens what a previous run has left. Files that cannot be read stay where they are.
    /// - Parameter unreadable: called for each of them with an error that names the file.
    /// - Returns: the attempts without a verdict.
    mutating func recover(unreadable: (Fault) -> Void = { _ in }) throws -> [AttemptID] {
        var open: [AttemptID] = []
        for name in try FileManager.default.contentsOfDirectory(atPath: directory).sorted() {
            guard let id = AttemptOutbox.attempt(ofFile: name) else { continue }
            do {
                let outbox = try AttemptOutbox.open(id, path: directory + "/" + name)
                attempts[id] = outbox
                turns.append(id)
                if outbox.finish == nil { open.append(id) }
            } catch { unreadable(error as? Fault ?? Fault(.storageFailed, "\(directory)/\(name): \(error)")) }
        }
        return open
    }

    /// Appends events to an attempt.
    /// - Returns: its bytes that the server has not acknowledged.
    @discardableResult
    mutating func append(_ events: [AgentEvent], to id: AttemptID, time: Timestamp = .now()) throws -> Int {
        try attempts[id]?.append(events, time: time)
        return attempts[id]?.unacked ?? 0
    }

    mutating func conclude(_ id: AttemptID, _ verdict: TaskFinished) throws { try attempts[id]?.conclude(verdict) }

    /// See ``AttemptOutbox/concludeUnkept(_:)``.
    mutating func concludeUnkept(_ id: AttemptID, _ verdict: TaskFinished) { attempts[id]?.concludeUnkept(verdict) }

    /// Deletes what the server has.
    /// - Returns: whether the attempt is over by it.
    mutating func acknowledge(_ ack: AttemptAck) -> Bool {
        let id = AttemptID(task: ack.task, attempt: ack.attempt)
        attempts[id]?.acknowledge(ack.seq)
        guard attempts[id]?.isDone == true else { return false }
        drop(id)
        return true
    }

    /// Sends an attempt again from a number on.
    mutating func resync(_ id: AttemptID, from seq: UInt64) { attempts[id]?.rewind(to: max(seq, 1) - 1) }

    /// Sends again everything that is not acknowledged: a new link has been given nothing.
    mutating func rewind() {
        for id in turns { attempts[id]?.rewind() }
    }

    /// Deletes an attempt and its file.
    mutating func drop(_ id: AttemptID) {
        guard let outbox = attempts.removeValue(forKey: id) else { return }
        outbox.delete()
        turns.removeAll { $0 == id }
        over.append(id)
        if over.count > 1024 { over.removeFirst(512) }
    }

    /// Deletes an attempt that was never started, so that it can be assigned again.
    mutating func forget(_ id: AttemptID) {
        drop(id)
        over.removeAll { $0 == id }
    }

    /// Returns the next frame for the link, attempts taking turns; nil when everything was sent that may be sent.
    mutating func nextFrame() -> [UInt8]? {
        for index in turns.indices {
            let id = turns[index]
            guard let parcel = attempts[id]?.next(upTo: EventBatch.preferredSize) else { continue }
            turns.append(turns.remove(at: index))
            return Self.frame(parcel)
        }
        return nil
    }

    private static func frame(_ parcel: AttemptOutbox.Parcel) -> [UInt8]? {
        switch parcel {
        case .events(let events):
            let size = events.reduce(0) { $0 + $1.encodedSize }
            var frame = Header(.notice, type: EventsAppend.type).encoded(reserving: size)
            for event in events { event.encode(into: &frame) }
            return frame
        case .finish(let verdict):
            guard let body = try? Wire.encode(verdict) else { return nil }
            return Header(.notice, type: TaskFinished.type).encoded(reserving: body.count) + body
        }
    }
}

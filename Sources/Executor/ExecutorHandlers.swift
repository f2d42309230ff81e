import Messages

/// The reading side of ``ExecutorService``: decodes frames and calls what they are for. A frame that cannot be read
/// or is not known is logged and dropped; it never ends the link.
extension ExecutorService {
    /// What a link brought, in order.
    func receive(_ events: [LinkEvent], _ connection: Int) {
        guard connection == session.connection else { return }
        for event in events {
            switch event {
            case .writable: schedulePump()
            case .closed(let why):
                link = nil
                handle(.closed(why), connection: connection)
            case .frame(let bytes):
                do { try receive(bytes, connection) } catch {
                    logger.warning("a frame could not be read", metadata: ["error": "\(error)"])
                }
            }
        }
    }

    private func receive(_ bytes: [UInt8], _ connection: Int) throws {
        let (header, body) = try Header.split(bytes)
        switch (header.kind, header.type) {
        case (.reply, _) where isRegistration(header.correlation):
            handle(.registered(try Wire.decode(DeviceRegistered.self, from: body)), connection: connection)
        case (.failure, _) where isRegistration(header.correlation):
            handle(.refused(try Wire.decode(Fault.self, from: body)), connection: connection)
        case (.notice, DeviceRegistered.type):
            renew(try Wire.decode(DeviceRegistered.self, from: body))
        case (.notice, LinkState.type):
            let state = try Wire.decode(LinkState.self, from: body)
            if let epoch = state.epoch, epoch < session.epoch {
                countStale(.epoch)
                logger.error(
                    "the leader is not obeyed: a newer one was met, or this home belongs to another server",
                    metadata: [
                        "epoch": "\(epoch)", "met": "\(session.epoch)", "backend": "\(parts.backend)",
                        "home": "\(parts.home.path)",
                    ])
            }
            handle(.state(state), connection: connection)
        case (.notice, TaskAssign.type): assign(try Wire.decode(TaskAssign.self, from: body))
        case (.notice, TaskStop.type): stop(try Wire.decode(TaskStop.self, from: body))
        case (.notice, ApprovalRecorded.type): recorded(try Wire.decode(ApprovalRecorded.self, from: body))
        case (.notice, ApprovalAnswer.type): answer(try Wire.decode(ApprovalAnswer.self, from: body))
        case (.notice, EventsAck.type): acknowledge(try Wire.decode(EventsAck.self, from: body))
        case (.notice, EventsResync.type): resync(try Wire.decode(EventsResync.self, from: body))
        case (.request, _):
            let fault = Fault(.unknownType, "an executor does not answer \(header.type)")
            let reply = Header(.failure, type: Fault.type, correlation: header.correlation).encoded()
            link?.send(reply + (try Wire.encode(fault)))
        default: logger.debug("a frame of no use was dropped", metadata: ["type": "\(header.type)"])
        }
    }

    // An ack has no epoch: it comes through the gateway, which relays only what the leader of this session's partition
    // says, and it speaks of what is committed, which no later leader takes back. One for an attempt that is not held
    // here is counted and changes nothing.
    private func acknowledge(_ message: EventsAck) {
        leaderHeard = .now
        var over = false
        for ack in message.acks {
            let id = AttemptID(task: ack.task, attempt: ack.attempt)
            if outbox[id] == nil, !outbox.isOver(id) { countStale(.attempt) }
            if outbox.acknowledge(ack) { over = true }
        }
        // The report tells the leader and the registry that the attempt is not held any more.
        if over {
            report()
            changed()
        }
        keepVerdicts()
        resumePaused()
        schedulePump()
    }

    private func resync(_ message: EventsResync) {
        leaderHeard = .now
        let id = AttemptID(task: message.task, attempt: message.attempt)
        outbox.resync(id, from: message.from)
        watchSpools()
        schedulePump()
    }
}

import Logging
import Messages

/// The session: dialled, registered, lost and dialled again, as ``Session`` says.
extension ExecutorService {
    /// Feeds the session and carries out what it wants.
    func handle(_ input: Session.Input, connection: Int? = nil) {
        for action in session.handle(input, connection: connection, random: &random) { perform(action) }
        keepEpoch()
        changed()
    }

    /// Whether a leader of this epoch is to be obeyed; one that was replaced is counted, whatever it wanted.
    func accepts(epoch: UInt64, _ what: StaticString, _ task: TaskID) -> Bool {
        guard session.accepts(epoch: epoch) else {
            countStale(.epoch)
            logger.warning(
                "a leader that was replaced was not obeyed",
                metadata: ["message": "\(what)", "task": "\(task)", "epoch": "\(epoch)"])
            return false
        }
        keepEpoch()
        return true
    }

    /// So that a leader that was replaced is not obeyed by the next life either.
    private func keepEpoch() {
        guard session.epoch > keptEpoch else { return }
        do {
            try parts.home.write(.epoch, "\(session.epoch)\n\(parts.backend)")
            keptEpoch = session.epoch
        } catch { logger.error("the epoch could not be kept", metadata: ["error": "\(error)"]) }
    }

    private func perform(_ action: Session.Action) {
        switch action {
        case .dial(let connection): startDial(connection)
        case .pause(let seconds, let why):
            logger.warning(
                "not connected, will try again",
                metadata: ["why": "\(why)", "in_ms": "\(Int(seconds * 1000))"])
            dial = Task {
                try? await Task.sleep(for: .seconds(seconds))
                if !Task.isCancelled { self.handle(.retry) }
            }
        case .register: register()
        case .keep(let answer): keep(answer)
        case .resume:
            leaderHeard = .now
            outbox.rewind()
            report()
            resumeApprovals()
            schedulePump()
        case .hold: break
        case .hangUp: link?.close()
        case .giveUp(let fault):
            conclude(.failure(fault))
            gaveUp(fault)
        }
    }

    private func startDial(_ connection: Int) {
        link = nil
        dial = Task {
            do throws(LinkFailure) {
                let link = try await self.parts.dialer.dial()
                self.connected(link, connection)
            } catch {
                self.handle(.failed(error), connection: connection)
            }
        }
    }

    private func connected(_ link: any ExecutorLink, _ connection: Int) {
        guard connection == session.connection, session.phase == .dialing else { return link.close() }
        self.link = link
        Task {
            while let events = await link.next() { self.receive(events, connection) }
        }
        handle(.connected, connection: connection)
    }

    private func register() {
        registration += 1
        let number = registration
        let connection = session.connection
        announcedAgents = agents
        let message = DeviceRegister(
            device: identity.id, name: identity.name, boot: parts.children.boot, version: parts.version,
            slots: parts.slots, agents: agents, platform: Machine.platform,
            generation: parts.home.read(.generation).flatMap(UInt64.init) ?? 0)
        do {
            link?.send(try Frame.request(message, correlation: number, deadline: parts.times.handshake))
        } catch { logger.critical("a registration could not be encoded", metadata: ["error": "\(error)"]) }
        Task {
            try? await Task.sleep(for: .seconds(self.parts.times.handshake))
            if self.registration == number { self.handle(.unanswered, connection: connection) }
        }
    }

    /// Whether a reply with this correlation answers the registration that is open.
    func isRegistration(_ correlation: UInt64) -> Bool {
        session.phase == .registering && correlation == registration
    }

    private func keep(_ answer: DeviceRegistered) {
        do {
            try parts.home.write(.generation, String(answer.generation))
            if answer.device != identity.id {
                identity.id = answer.device
                if !parts.identityIsFixed { try parts.home.write(.device, answer.device) }
            }
        } catch { logger.error("the registration could not be kept", metadata: ["error": "\(error)"]) }
        logger.notice(
            "registered",
            metadata: ["device": "\(answer.device)", "name": "\(answer.name)", "generation": "\(answer.generation)"])
        conclude(.success(answer))
    }

    /// The session has a new number: the registry was away, and has taken the device in again since.
    func renew(_ answer: DeviceRegistered) {
        guard [.waiting, .up].contains(session.phase) else { return }
        keep(answer)
    }
}

import Messages

/// The life of an executor's session with its owner's leader, as a value: what happens goes in, what to do comes out.
///
/// `idle → dialing → registering → waiting for the leader → up`, and from anywhere back to a pause and a new dial.
/// Inputs of an earlier connection are told by its number and change nothing.
struct Session: Sendable {
    enum Phase: Equatable, Sendable {
        case idle
        case dialing
        /// Waits between two tries.
        case pausing
        /// Waits for the answer to `device.register`.
        case registering
        /// Registered; the leader is out of reach.
        case waiting
        /// Events flow.
        case up
        case stopped
    }

    enum Input: Sendable {
        case start
        case connected
        case failed(LinkFailure)
        case registered(DeviceRegistered)
        case refused(Fault)
        /// The registration was not answered in time.
        case unanswered
        case state(LinkState)
        case closed(String)
        /// The pause is over.
        case retry
        case stop
    }

    enum Action: Equatable, Sendable {
        case dial(connection: Int)
        case pause(seconds: Double, why: String)
        case register
        /// Keep the generation, and say that the device is there.
        case keep(DeviceRegistered)
        /// Send a report, then everything that is not acked.
        case resume
        /// Keep events until the next `resume`.
        case hold
        case hangUp
        /// There is no use in trying again.
        case giveUp(Fault)
    }

    private(set) var phase = Phase.idle
    /// The number of the present (or last) connection.
    private(set) var connection = 0
    /// The highest epoch of a leader that was ever seen.
    private(set) var epoch: UInt64
    /// Whether a registration has ever succeeded in this life.
    private(set) var hasRegistered = false
    private var backoff: Backoff

    /// - Parameter epoch: the highest one that an earlier life has seen.
    init(backoff: ClosedRange<Double>, epoch: UInt64 = 0) {
        self.backoff = Backoff(backoff)
        self.epoch = epoch
    }

    /// Takes note of a leader's epoch.
    /// - Returns: false when a newer leader was seen, so that what came with it must be ignored.
    mutating func accepts(epoch other: UInt64) -> Bool {
        guard other >= epoch else { return false }
        epoch = other
        return true
    }

    mutating func handle(
        _ input: Input, connection number: Int? = nil, random: inout some RandomNumberGenerator
    ) -> [Action] {
        if let number, number != connection { return [] }
        switch (phase, input) {
        case (.stopped, _): return []
        case (_, .stop): return stop()
        case (.idle, .start), (.pausing, .retry): return dial()
        case (.dialing, .connected):
            phase = .registering
            return [.register]
        case (.dialing, .failed(let failure)): return failed(failure, &random)
        case (.registering, .registered(let answer)):
            phase = .waiting
            hasRegistered = true
            backoff.reset()
            return [.keep(answer)]
        case (.registering, .refused(let fault)): return again("registration refused: \(fault)", true, &random)
        case (.registering, .unanswered): return again("the registration was not answered in time", true, &random)
        case (.waiting, .state(let state)), (.up, .state(let state)): return follow(state)
        case (.registering, .closed(let why)), (.waiting, .closed(let why)), (.up, .closed(let why)):
            return again(why, false, &random)
        default: return []
        }
    }

    private mutating func dial() -> [Action] {
        phase = .dialing
        connection += 1
        return [.dial(connection: connection)]
    }

    private mutating func stop() -> [Action] {
        let linked = [.registering, .waiting, .up].contains(phase)
        phase = .stopped
        return linked ? [.hold, .hangUp] : [.hold]
    }

    private mutating func failed(_ failure: LinkFailure, _ random: inout some RandomNumberGenerator) -> [Action] {
        guard case .refused(_, let fault) = failure else { return again(failure.sentence, false, &random) }
        let final: [ErrorCode] = [.tokenMissing, .tokenInvalid, .tokenExpired, .tokenRevoked]
        guard final.contains(fault.code) else { return again(failure.sentence, false, &random) }
        if !hasRegistered {
            phase = .stopped
            return [.hold, .giveUp(fault)]
        }
        // Running work must not die with its token: the token may be renewed where it is checked.
        backoff.slow()
        return again(failure.sentence, false, &random)
    }

    private mutating func again(
        _ why: String, _ linked: Bool, _ random: inout some RandomNumberGenerator
    ) -> [Action] {
        phase = .pausing
        let pause = Action.pause(seconds: backoff.next(using: &random), why: why)
        return linked ? [.hold, .hangUp, pause] : [.hold, pause]
    }

    private mutating func follow(_ state: LinkState) -> [Action] {
        guard state.up else {
            phase = .waiting
            return [.hold]
        }
        guard accepts(epoch: state.epoch ?? epoch) else { return [] }
        phase = .up
        return [.resume]
    }
}

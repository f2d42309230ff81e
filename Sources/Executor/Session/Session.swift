import Messages

/// The state machine of an executor's session with its owner's dispatcher: events go in, actions come out.
///
/// `idle → dialing → registering → waiting → up`, and from anywhere back to a pause and a new dial. Inputs of an earlier
/// connection carry its number and change nothing.
struct Session: Sendable {
    enum Phase: Equatable, Sendable {
        case idle
        case dialing
        /// Waits between two attempts to connect.
        case pausing
        /// Waits for the reply to `device.register`.
        case registering
        /// Registered; no dispatcher can be reached.
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
        /// The registration got no reply in time.
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
        /// Store the generation; the device is registered.
        case keep(DeviceRegistered)
        /// Send a report, then everything that is not acknowledged.
        case resume
        /// Send no events until the next `resume`.
        case hold
        case hangUp
        /// The server refuses this device, and waiting does not help.
        case giveUp(Fault)
    }

    private(set) var phase = Phase.idle
    /// The number of the present or last connection.
    private(set) var connection = 0
    /// The highest epoch of a dispatcher that was ever seen.
    private(set) var epoch: UInt64
    /// Whether a registration has succeeded since the start.
    private(set) var hasRegistered = false
    private var backoff: Backoff

    /// - Parameter epoch: the highest one that previous runs have seen.
    init(backoff: ClosedRange<Double>, epoch: UInt64 = 0) {
        self.backoff = Backoff(backoff)
        self.epoch = epoch
    }

    /// Records the epoch of a dispatcher's message.
    /// - Returns: false for a stale epoch; the message must be ignored.
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
        case (.registering, .refused(let fault)): return refused(fault, &random)
        case (.registering, .unanswered): return again("the registration got no reply in time", true, &random)
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
        guard let fault = failure.permanent else { return again(failure.message, false, &random) }
        if !hasRegistered {
            phase = .stopped
            return [.hold, .giveUp(fault)]
        }
        // Running tasks must not end with the refusal: the server may take it back.
        backoff.slow()
        return again(failure.message, false, &random)
    }

    /// The registry has refused the registration.
    private mutating func refused(_ fault: Fault, _ random: inout some RandomNumberGenerator) -> [Action] {
        let permanent: [ErrorCode] = [
            .invalidRequest, .malformed, .messageTooLarge, .unknownType, .versionIncompatible,
        ]
        guard permanent.contains(fault.code), !hasRegistered else {
            return again("registration refused: \(fault)", true, &random)
        }
        phase = .stopped
        return [.hold, .hangUp, .giveUp(Fault(fault.code, "the registration was refused: \(fault.message)"))]
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

import Messages
import Testing

@testable import Executor

@Suite("The session without a socket or a clock")
struct SessionTests {
    /// Holds the value, since an expectation may not change a captured one.
    private final class Box {
        var random = SystemRandomNumberGenerator()
        var session = Session(backoff: 0.2...15)
    }

    private let box = Box()
    private var session: Session { box.session }
    private let registered = DeviceRegistered(device: "d", name: "n", generation: 7)

    private func feed(_ input: Session.Input, connection: Int? = nil) -> [Session.Action] {
        box.session.handle(input, connection: connection, random: &box.random)
    }

    private func pause(_ actions: [Session.Action]) -> Double? {
        for case .pause(let seconds, _) in actions { return seconds }
        return nil
    }

    @Test("A session goes from the dial to the flow of events")
    func reachesUp() {
        #expect(feed(.start) == [.dial(connection: 1)])
        #expect(feed(.connected) == [.register])
        #expect(feed(.registered(registered)) == [.keep(registered)])
        #expect(session.phase == .waiting)
        #expect(feed(.state(LinkState(up: true, leader: .generate(), epoch: 3))) == [.resume])
        #expect(session.phase == .up)
        #expect(session.epoch == 3)
        // A dispatcher goes and another comes, on the same connection.
        #expect(feed(.state(LinkState(up: false))) == [.hold])
        #expect(feed(.state(LinkState(up: true, leader: .generate(), epoch: 4))) == [.resume])
    }

    @Test("A lost link is dialled again with growing pauses, and soon after a success")
    func backsOff() throws {
        _ = feed(.start)
        var last = 0.0
        for round in 1...12 {
            let seconds = try #require(pause(feed(.failed(.unreachable("no")))))
            let whole = min(15, 0.2 * Double(1 << (round - 1)))
            #expect((whole / 2...whole).contains(seconds))
            last = seconds
            #expect(feed(.retry) == [.dial(connection: round + 1)])
        }
        #expect(last >= 7.5)
        _ = feed(.connected)
        _ = feed(.registered(registered))
        let actions = feed(.closed("gone"))
        #expect(actions.first == .hold)
        #expect(try #require(pause(actions)) <= 0.2)
    }

    @Test(
        "A token that is refused at the start ends the session",
        arguments: [ErrorCode.tokenInvalid, .tokenExpired, .tokenRevoked])
    func refusedTokenIsFinal(code: ErrorCode) {
        _ = feed(.start)
        let fault = Fault(code, "make a new one")
        #expect(feed(.failed(.refused(status: 401, fault))) == [.hold, .giveUp(fault)])
        #expect(session.phase == .stopped)
        #expect(feed(.retry) == [])
    }

    @Test("A token that is refused later is retried, slowly")
    func retriesLaterRefusal() throws {
        _ = feed(.start)
        _ = feed(.connected)
        _ = feed(.registered(registered))
        _ = feed(.closed("gone"))
        _ = feed(.retry)
        let actions = feed(.failed(.refused(status: 401, Fault(.tokenExpired, "expired"))))
        #expect(try #require(pause(actions)) >= 7.5)
    }

    @Test("A refusal that may pass is retried", arguments: [408, 425, 429, 500, 502, 503, 504])
    func retriesPassingRefusals(status: Int) {
        _ = feed(.start)
        #expect(pause(feed(.failed(.refused(status: status, Fault(.unavailable, "later"))))) != nil)
    }

    @Test(
        "Any other refusal ends the session before the first registration, and not after it",
        arguments: [200, 301, 404])
    func permanentRefusals(status: Int) {
        let fault = Fault(.unavailable, "not here")
        _ = feed(.start)
        let first = box.session
        #expect(feed(.failed(.refused(status: status, fault))) == [.hold, .giveUp(fault)])
        box.session = first
        #expect(feed(.failed(.mistaken("no HTTP"))) == [.hold, .giveUp(Fault(.invalidRequest, "no HTTP"))])
        box.session = first
        _ = feed(.connected)
        _ = feed(.registered(registered))
        _ = feed(.closed("gone"))
        for failure in [LinkFailure.refused(status: status, fault), .mistaken("no HTTP")] {
            _ = feed(.retry)
            #expect(pause(feed(.failed(failure))) != nil)
        }
    }

    @Test("A registration that can never succeed ends the session, another is retried")
    func refusedRegistrations() {
        _ = feed(.start)
        _ = feed(.connected)
        let first = box.session
        let actions = feed(.refused(Fault(.invalidRequest, "no such name")))
        #expect(
            actions == [.hold, .hangUp, .giveUp(Fault(.invalidRequest, "the registration was refused: no such name"))])
        box.session = first
        #expect(pause(feed(.refused(Fault(.unavailable, "later")))) != nil)
    }

    @Test("Inputs of an earlier connection change nothing")
    func ignoresEarlierConnections() {
        _ = feed(.start)
        _ = feed(.failed(.unreachable("no")))
        _ = feed(.retry)
        #expect(feed(.connected, connection: 1) == [])
        #expect(feed(.connected, connection: 2) == [.register])
        #expect(feed(.closed("late"), connection: 1) == [])
        #expect(session.phase == .registering)
    }

    @Test("An unanswered registration hangs up and dials again")
    func retriesRegistration() {
        _ = feed(.start)
        _ = feed(.connected)
        let actions = feed(.unanswered)
        #expect(Array(actions.prefix(2)) == [.hold, .hangUp])
        #expect(pause(actions) != nil)
    }

    @Test("A dispatcher with a stale epoch is not followed")
    func ignoresStaleEpoch() {
        _ = feed(.start)
        _ = feed(.connected)
        _ = feed(.registered(registered))
        _ = feed(.state(LinkState(up: true, epoch: 5)))
        let (old, same) = (box.session.accepts(epoch: 4), box.session.accepts(epoch: 5))
        #expect(!old)
        #expect(same)
        _ = feed(.state(LinkState(up: false)))
        #expect(feed(.state(LinkState(up: true, epoch: 4))) == [])
        #expect(session.phase == .waiting)
    }

    @Test("A stop hangs up and is final")
    func stopIsFinal() {
        _ = feed(.start)
        _ = feed(.connected)
        #expect(feed(.stop) == [.hold, .hangUp])
        #expect(feed(.start) == [])
    }
}

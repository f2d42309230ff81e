import Messages
import Testing

@testable import Executor

/// A session's life without a socket or a clock.
struct SessionTests {
    /// The value in a box, since a test may not change what an expectation looks at.
    private final class Life {
        var random = SystemRandomNumberGenerator()
        var session = Session(backoff: 0.2...15)
    }

    private let life = Life()
    private var session: Session { life.session }
    private let registered = DeviceRegistered(device: "d", name: "n", generation: 7)

    private func feed(_ input: Session.Input, connection: Int? = nil) -> [Session.Action] {
        life.session.handle(input, connection: connection, random: &life.random)
    }

    private func pause(_ actions: [Session.Action]) -> Double? {
        for case .pause(let seconds, _) in actions { return seconds }
        return nil
    }

    @Test func `From the dial to the flow of events`() {
        #expect(feed(.start) == [.dial(connection: 1)])
        #expect(feed(.connected) == [.register])
        #expect(feed(.registered(registered)) == [.keep(registered)])
        #expect(session.phase == .waiting)
        #expect(feed(.state(LinkState(up: true, leader: .generate(), epoch: 3))) == [.resume])
        #expect(session.phase == .up)
        #expect(session.epoch == 3)
        // A leader that goes and another that comes, on the same connection.
        #expect(feed(.state(LinkState(up: false))) == [.hold])
        #expect(feed(.state(LinkState(up: true, leader: .generate(), epoch: 4))) == [.resume])
    }

    @Test func `A lost link is dialled again, later and later, and at once after a success`() throws {
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

    @Test(arguments: [ErrorCode.tokenInvalid, .tokenExpired, .tokenRevoked])
    func `A token that is refused at the start ends it`(code: ErrorCode) {
        _ = feed(.start)
        let fault = Fault(code, "make a new one")
        #expect(feed(.failed(.refused(status: 401, fault))) == [.hold, .giveUp(fault)])
        #expect(session.phase == .stopped)
        #expect(feed(.retry) == [])
    }

    @Test func `A token that is refused later is tried again, slowly`() throws {
        _ = feed(.start)
        _ = feed(.connected)
        _ = feed(.registered(registered))
        _ = feed(.closed("gone"))
        _ = feed(.retry)
        let actions = feed(.failed(.refused(status: 401, Fault(.tokenExpired, "expired"))))
        #expect(try #require(pause(actions)) >= 7.5)
    }

    @Test func `Another refusal is no reason to give up`() {
        _ = feed(.start)
        #expect(pause(feed(.failed(.refused(status: 503, Fault(.unavailable, "later"))))) != nil)
    }

    @Test func `What belongs to an earlier connection changes nothing`() {
        _ = feed(.start)
        _ = feed(.failed(.unreachable("no")))
        _ = feed(.retry)
        #expect(feed(.connected, connection: 1) == [])
        #expect(feed(.connected, connection: 2) == [.register])
        #expect(feed(.closed("late"), connection: 1) == [])
        #expect(session.phase == .registering)
    }

    @Test func `An unanswered or refused registration hangs up and dials again`() {
        _ = feed(.start)
        _ = feed(.connected)
        let actions = feed(.unanswered)
        #expect(Array(actions.prefix(2)) == [.hold, .hangUp])
        #expect(pause(actions) != nil)
    }

    @Test func `A leader with an epoch that was passed is not followed`() {
        _ = feed(.start)
        _ = feed(.connected)
        _ = feed(.registered(registered))
        _ = feed(.state(LinkState(up: true, epoch: 5)))
        let (old, same) = (life.session.accepts(epoch: 4), life.session.accepts(epoch: 5))
        #expect(!old)
        #expect(same)
        _ = feed(.state(LinkState(up: false)))
        #expect(feed(.state(LinkState(up: true, epoch: 4))) == [])
        #expect(session.phase == .waiting)
    }

    @Test func `A stop hangs up and is final`() {
        _ = feed(.start)
        _ = feed(.connected)
        #expect(feed(.stop) == [.hold, .hangUp])
        #expect(feed(.start) == [])
    }
}

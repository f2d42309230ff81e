import Messages
import Synchronization
import Testing

@testable import Gateway

@Suite("Newest sessions")
struct NewestSessionsTests {
    /// The sessions that were replaced, in order.
    private final class Replaced: Sendable {
        private let list = Mutex<[SessionNumber]>([])
        var all: [SessionNumber] { list.withLock { $0 } }
        func add(_ session: SessionNumber) { list.withLock { $0.append(session) } }
    }
    private let sessions = NewestSessions()
    private let owner = UserID.generate()
    private let replaced = Replaced()

    private func add(_ session: SessionNumber, generation: UInt64, device: String = "box") {
        sessions.add(session, owner: owner, device: device, generation: generation) { [replaced] in
            replaced.add(session)
        }
    }

    @Test("Of two sessions of a device, the one with the lower generation is replaced")
    func generations() {
        let (old, new, stale) = (SessionNumber.generate(), SessionNumber.generate(), SessionNumber.generate())
        add(old, generation: 1)
        add(new, generation: 2)
        #expect(replaced.all == [old])
        add(stale, generation: 1)
        #expect(replaced.all == [old, stale])
        add(new, generation: 3)
        add(.generate(), generation: 1, device: "other")
        #expect(replaced.all.count == 2)
        #expect(sessions.generation(of: "box", owner: owner) == 3)
        #expect(sessions.generation(of: "box", owner: .generate()) == 0)
    }

    @Test("The end of an older session does not remove the newest one")
    func removal() {
        let (old, new) = (SessionNumber.generate(), SessionNumber.generate())
        add(old, generation: 1)
        add(new, generation: 2)
        sessions.remove(old)
        #expect(sessions.generation(of: "box", owner: owner) == 2)
        sessions.remove(new)
        #expect(sessions.generation(of: "box", owner: owner) == 0)
    }
}

import Messages
import Testing

@testable import Dispatcher

@Suite("The budget of stops")
struct StopBudgetTests {
    private let worker = WorkerID(owner: Sample.owner, device: "box")
    private let session = SessionRef(gateway: .generate(), number: 1)

    private func attempt() -> AttemptID { AttemptID(task: .generate(), attempt: 1) }

    /// How many of `count` new attempts are stopped.
    private func stops(_ budgets: inout StopBudgets, _ count: Int, at now: Int64) -> Int {
        (0..<count).count { _ in
            budgets.verdict(on: attempt(), of: worker, session: session, now: now) == .stop
        }
    }

    @Test("A device gets a burst of stops, then so many a second")
    func rate() {
        var budgets = StopBudgets()
        #expect(stops(&budgets, 2000, at: 0) == DispatcherLimits.stopBurst)
        #expect(stops(&budgets, 2000, at: 1000) == DispatcherLimits.stopsPerSecond)
        #expect(stops(&budgets, 10, at: 1000) == 0)
        // Another device has its own.
        let other = WorkerID(owner: Sample.owner, device: "other")
        #expect(budgets.verdict(on: attempt(), of: other, session: session, now: 1000) == .stop)
    }

    @Test("One attempt is stopped once in 2 s and session")
    func repetition() {
        var budgets = StopBudgets()
        let one = attempt()
        #expect(budgets.verdict(on: one, of: worker, session: session, now: 0) == .stop)
        #expect(budgets.verdict(on: one, of: worker, session: session, now: 1999) == .nothing)
        #expect(budgets.verdict(on: one, of: worker, session: session, now: 2000) == .stop)
        let next = SessionRef(gateway: .generate(), number: 2)
        #expect(budgets.verdict(on: one, of: worker, session: next, now: 2001) == .stop)
    }

    @Test("A device that goes on is cut, also in its next session, until it has been quiet")
    func cut() {
        var budgets = StopBudgets()
        _ = stops(&budgets, DispatcherLimits.stopBurst + DispatcherLimits.excess, at: 0)
        #expect(budgets.verdict(on: attempt(), of: worker, session: session, now: 0) == .cut)
        let next = SessionRef(gateway: .generate(), number: 2)
        #expect(budgets.verdict(on: attempt(), of: worker, session: next, now: 0) == .cut)
        #expect(budgets.exceed(by: 1, of: worker, now: 0) == .cut)
        #expect(budgets.exceed(by: DispatcherLimits.excess, of: worker, now: 100_000) == .nothing)
        #expect(budgets.exceed(by: 1, of: worker, now: 100_000) == .cut)
    }

    @Test("A quiet device leaves nothing in memory")
    func memory() {
        var budgets = StopBudgets()
        _ = stops(&budgets, 5000, at: 0)
        budgets.tick(1000)
        #expect(budgets.count == 1)
        budgets.tick(20_000)
        #expect(budgets.count == 0)
    }
}

import Messages
import TestSupport
import Testing

@testable import Dispatcher

@Suite("Executors that send more than their share")
struct FloodTests {
    /// Events of `count` attempts that nobody assigned.
    private static func strays(_ count: Int) -> [Event] {
        (0..<count).map { _ in
            Event(task: .generate(), attempt: 1, attemptSeq: 1, kind: .log, time: Sample.now, payload: [])
        }
    }

    @Test("A flood of unknown attempts gets a bounded number of stops and costs the session, no other one")
    func strayFlood() async throws {
        try await Rig.run { rig in
            let honest = ScriptedExecutor(gateway: rig.gateway)
            try await honest.connect()
            let task = try await rig.gateway.submit().id
            _ = try await honest.assignment(task)
            let hostile = ScriptedExecutor(gateway: rig.gateway, owner: .generate(), device: "hostile")
            try await hostile.connect()
            for _ in 0..<4 { try hostile.send(EventsAppend(Self.strays(140_000))) }
            try await eventually("the cut", within: .seconds(20)) {
                rig.gateway.cuts == [SessionCut(session: hostile.session, cause: .flooding)]
            }
            #expect(hostile.stops.count <= DispatcherLimits.stopBurst + DispatcherLimits.stopsPerSecond)
            try honest.append(task, 1...10)
            try await honest.acknowledged(task, 10)
            // A new session has no new budget.
            let again = hostile.again()
            try await again.connect()
            try again.send(EventsAppend(Self.strays(DispatcherLimits.stopBurst)))
            try await eventually("the second cut", within: .seconds(20)) { rig.gateway.cuts.count == 2 }
            #expect(rig.gateway.cuts[1].session == again.session)
            #expect(try await rig.gateway.view(task).state == .running)
        }
    }

    @Test("A report of many unknown attempts gets no more stops than the budget has")
    func strayReport() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            let attempts = (0..<DispatcherLimits.unwantedAttempts).map { _ in
                AttemptReport(task: .generate(), attempt: 1, lastSeq: 1, ended: false)
            }
            try await executor.connect(attempts)
            try await eventually("the stops") { executor.stops.count >= DispatcherLimits.stopBurst }
            // The attempts that hold slots are stopped again every 2 s.
            for second in 1...4 {
                await rig.pass(1)
                let most = DispatcherLimits.stopBurst + (second + 1) * DispatcherLimits.stopsPerSecond
                _ = try await rig.gateway.submit(target: .cloud)
                #expect(executor.stops.count <= most)
            }
        }
    }
}

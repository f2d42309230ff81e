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

    @Test("Events beyond the window are refused and requested again, and none is lost")
    func window() async throws {
        try await Rig.run { rig in
            let executor = ScriptedExecutor(gateway: rig.gateway)
            try await executor.connect()
            let task = try await rig.gateway.submit().id
            _ = try await executor.assignment(task)
            // One message, so that no commit comes between its events.
            try executor.append(task, 1...5000)
            let window = UInt64(Limits.windowEvents)
            try await executor.acknowledged(task, window)
            try await eventually("the resync") { executor.resyncs.contains { $0.from == window + 1 } }
            #expect(executor.acked(task) == window)
            try await executor.stream(task, window + 1...5000)
            var large = (5001...5008).map { Sample.event(task, $0) }
            for index in large.indices { large[index].payload = [UInt8](repeating: 0x20, count: Event.longestPayload) }
            try executor.send(EventsAppend(Array(large[..<6])))
            try await executor.acknowledged(task, 5003)
            try await executor.stream(task, 5004...5010)
            try executor.finish(task, 5011)
            _ = try await rig.gateway.wait(task, for: .completed)
            let log = try await rig.gateway.log(task)
            #expect(log.filter { $0.attempt == 1 }.map(\.attemptSeq) == Array(1...5010))
        }
    }

    @Test("An executor that goes on beyond its window loses its session; others are answered meanwhile")
    func windowIgnored() async throws {
        try await Rig.run { rig in
            let hostile = ScriptedExecutor(gateway: rig.gateway)
            try await hostile.connect()
            let task = try await rig.gateway.submit().id
            _ = try await hostile.assignment(task)
            for start in stride(from: UInt64(1), to: 200_000, by: 10_000) {
                try hostile.append(task, start...start + 9999)
            }
            let other = UserID.generate()
            let submitted = try await rig.gateway.submit(owner: other, target: .cloud)
            #expect(submitted.state == .queued)
            try await eventually("the cut", within: .seconds(20)) {
                rig.gateway.cuts.contains { $0.session == hostile.session }
            }
            #expect(hostile.acked(task) <= 20 * UInt64(Limits.windowEvents))
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

import Messages
import NIOCore
import TestClient
import TestSupport
import Testing

@testable import Gateway

/// An executor's session when its leader or registry changes, or when it is replaced.
@Suite("Executor sessions", .serialized)
struct ExecutorSessionTests {
    @Test("When the leader is lost, the executor is notified and its session is opened at the next leader")
    func leaderChange() async throws {
        try await Site.with { site in
            let socket = try await site.dial()
            try await socket.register()
            #expect(try await socket.linkState(1).up)
            await site.dispatcher.close()
            #expect(try await socket.linkState(2) == LinkState(up: false))
            try await socket.send(.notice, TaskStarted(task: .generate(), attempt: 1, startedAt: .now()))
            let next = try await ScriptedDispatcher.open(site.reactor, epoch: 2)
            site.registry.set(services: [next.entry])
            #expect(
                try await socket.linkState(3)
                    == LinkState(up: true, leader: next.identity.incarnation, epoch: 2))
            #expect(next.opens.map(\.generation) == [1])
            try await socket.send(.notice, DeviceReport(used: 0, total: 5, draining: false))
            try await eventually("the report", within: .seconds(20)) { next.relayed.count == 1 }
            #expect(next.relayed[0].header.type == DeviceReport.type)
            await next.close()
        }
    }

    @Test("After a restart of the registry, the session registers again and is opened with its new generation")
    func registryRestart() async throws {
        try await Site.with { site in
            let socket = try await site.dial()
            try await socket.register(generation: 4)
            _ = try await socket.linkState()
            await site.registry.close()
            let next = try await ScriptedRegistry.open(site.reactor, at: site.registry.endpoint)
            next.set(services: [site.dispatcher.entry])
            try await eventually("the registration", within: .seconds(20)) { next.registrations.count == 1 }
            #expect(next.registrations[0].generation == 5)
            #expect(next.registrations[0].route == site.registry.registrations[0].route)
            try await eventually("the open", within: .seconds(20)) {
                site.dispatcher.opens.map(\.generation) == [5, 6]
            }
            #expect(try await socket.linkState(2).up)
            try await socket.cut()
            try await eventually("the end", within: .seconds(20)) { next.gone.map(\.generation) == [6] }
            await next.close()
        }
    }

    @Test("While the registry is away, a known device is admitted and a new one is refused")
    func registryAway() async throws {
        try await Site.with { site in
            await site.registry.close()
            let new = try await site.dial()
            let refused = try await new.register()
            #expect(refused.header.kind == .failure)
            #expect(try Wire.decode(Fault.self, from: refused.body).code == .unavailable)
            let known = try await site.dial()
            let admitted = try await known.register(generation: 4)
            #expect(try Wire.decode(DeviceRegistered.self, from: admitted.body).generation == 5)
            #expect(try await known.linkState().up)
            #expect(site.dispatcher.opens.map(\.generation) == [5])
            let next = try await ScriptedRegistry.open(site.reactor, at: site.registry.endpoint)
            next.set(services: [site.dispatcher.entry])
            try await eventually("the registration", within: .seconds(20)) { next.registrations.count == 1 }
            #expect(next.registrations[0].generation == 5)
            let notice = try await known.next("the new generation") {
                $0.header.kind == .notice && $0.header.type == DeviceRegistered.type
            }
            #expect(try Wire.decode(DeviceRegistered.self, from: notice.body).generation == 6)
            try await eventually("the open", within: .seconds(20)) {
                site.dispatcher.opens.map(\.generation) == [5, 6]
            }
            await next.close()
        }
    }

    @Test("The registry can probe whether a session is alive, and close it")
    func probe() async throws {
        try await Site.with { site in
            let socket = try await site.dial()
            try await socket.register()
            let session = try #require(site.registry.registrations[0].route?.session)
            let gateway = try #require(site.registry.announced.last)
            #expect(try await gateway.request(SessionProbe(session: session)).alive)
            #expect(try await gateway.request(SessionProbe(session: .generate())).alive == false)
            socket.fallSilent()
            let start = ContinuousClock.now
            let pings = socket.pings
            async let asked = gateway.request(SessionProbe(session: session))
            // Neither buffered frames of a dead executor nor other pongs answer the probe.
            try await eventually("the ping", within: .seconds(20)) { socket.pings > pings }
            try await socket.send(.notice, DeviceReport(used: 0, total: 5, draining: false))
            try await socket.send(.pong, [])
            try await socket.send(.pong, [1, 2, 3, 4, 5, 6, 7, 8])
            #expect(try await asked.alive == false)
            #expect(ContinuousClock.now - start >= GatewayLimits.probe)
            gateway.send(SessionCut(session: session, cause: .deleted))
            #expect(try await socket.closed().code == 4410)
        }
    }

    @Test("A session that its leader cuts is closed with the reason, and no session of another leader")
    func cut() async throws {
        try await Site.with { site in
            let socket = try await site.dial()
            try await socket.register()
            _ = try await socket.linkState()
            let session = try #require(site.registry.registrations[0].route?.session)
            site.dispatcher.cut(.generate())
            site.dispatcher.cut(session)
            let end = try await socket.closed()
            #expect(end.code == 4429 && end.reason.hasPrefix("flooding"))
            try await eventually("the end at the leader", within: .seconds(20)) { site.dispatcher.closes.count == 1 }
        }
    }

    @Test("A newer session of a device closes the older one, whose end does not affect the newer one")
    func replaced() async throws {
        try await Site.with { site in
            let old = try await site.dial()
            try await old.register(generation: 0)
            let other = try await site.dial(token: site.other.token)
            try await other.register(generation: 0)
            let new = try await site.dial()
            try await new.register(generation: 1)
            #expect(try await old.closed().code == 4409)
            try await eventually("the notice to the registry", within: .seconds(20)) {
                site.registry.gone.map(\.generation) == [1]
            }
            _ = try await new.linkState()
            _ = try await other.linkState()
        }
    }
}

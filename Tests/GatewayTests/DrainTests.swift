import Messages
import TestClient
import TestSupport
import Testing

@testable import Gateway

@Suite("Drain", .serialized)
struct DrainTests {
    @Test("A gateway is ready, or degraded without the mesh, and both are 200")
    func readiness() async throws {
        try await Site.with { site in
            let ready = try await site.send("GET", "/readyz", token: "none")
            #expect(ready.status == 200 && ready.body["status"].string == "ready")
            await site.dispatcher.close()
            await site.registry.close()
            try await eventually("the loss", within: .seconds(20)) {
                try await site.send("GET", "/readyz").body["missing"].items.count == 2
            }
            let degraded = try await site.send("GET", "/readyz")
            #expect(degraded.status == 200 && degraded.body["status"].string == "degraded")
            #expect(degraded.body["missing"].items.map(\.string) == ["registry", "dispatcher"])
        }
    }

    @Test("A stop answers requests in flight, refuses new ones, and closes executors and viewers with 1001")
    func drain() async throws {
        try await Site.with { site in
            let executor = try await site.dial()
            try await executor.register()
            let viewer = try await TestViewer.ready(site)
            await site.registry.close()
            // It waits for the registry, and is answered although the gateway stops.
            async let slow = site.send("GET", "/devices")
            try await eventually("the request", within: .seconds(20)) { site.server.isBusy }
            async let stopped: Void = site.server.stop()
            #expect(try await executor.closed().code == 1001)
            #expect(try await viewer.socket.closed().code == 1001)
            let refused = try await site.send("GET", "/tasks")
            #expect(refused.status == 503 && refused.body["code"].string == "draining")
            #expect(refused.headers["Retry-After"] != nil)
            for path in ["/executor", "/ws"] {
                let upgrade = try await site.send("GET", path, headers: ExecutorSocketTests.upgrade)
                #expect(upgrade.status == 503 && upgrade.body["code"].string == "draining", "\(path)")
            }
            let ready = try await site.send("GET", "/readyz")
            #expect(ready.status == 503 && ready.body["status"].string == "draining")
            #expect(try await slow.body["code"].string == "unavailable")
            await stopped
            await #expect(throws: (any Error).self) { try await site.send("GET", "/healthz") }
        }
    }

    @Test("A drain ends at its limit")
    func deadline() async throws {
        let drain = Drain()
        #expect(drain.enter())
        await drain.run(within: .milliseconds(50))
        #expect(drain.isOn && !drain.enter())
        drain.leave()
    }
}

import Messages
import NIOCore
import TestClient
import TestSupport
import Testing

@testable import Gateway

@Suite("Executor sockets", .serialized)
struct ExecutorSocketTests {
    static let upgrade = [
        ("Connection", "Upgrade"), ("Upgrade", "websocket"), ("Sec-WebSocket-Version", "13"),
        ("Sec-WebSocket-Key", "dGhlIHNhbXBsZSBub25jZQ=="),
    ]

    @Test("A refused upgrade is answered with a problem document")
    func refusals() async throws {
        try await Site.with { site in
            let expired = try await site.token(seconds: -1)
            for (token, path, status, code) in [
                ("x", "/executor", 401, "token_invalid"), (expired, "/executor", 401, "token_expired"),
                (site.api.token, "/nope", 404, "route_not_found"), (site.api.token, "/tasks/x", 404, "task_not_found"),
            ] {
                let answer = try await site.send("GET", path, headers: Self.upgrade, token: token)
                #expect(answer.status == status && answer.body["code"].string == code, "\(path)")
            }
            for headers in [
                [], Array(Self.upgrade.dropLast()),
                Self.upgrade.map { $0.0 == "Sec-WebSocket-Version" ? ($0.0, "12") : $0 },
                Self.upgrade.map { $0.0 == "Upgrade" ? ($0.0, "h2c") : $0 },
            ] {
                let answer = try await site.send("GET", "/executor", headers: headers)
                #expect(answer.status == 426 && answer.headers["Upgrade"] == "websocket")
            }
            for key in ["x", "dGhlIHNhbXBsZQ==", "dGhlIHNhbXBsZSBub25jZQ=!"] {
                for path in ["/executor", "/ws"] {
                    let headers = Self.upgrade.map { $0.0 == "Sec-WebSocket-Key" ? ($0.0, key) : $0 }
                    let answer = try await site.send("GET", path, headers: headers)
                    #expect(answer.status == 400 && answer.body["code"].string == "invalid_request")
                }
            }
            let health = try await site.send("GET", "/healthz", headers: Self.upgrade)
            #expect(health.status == 200)
        }
    }

    @Test("An executor registers, is linked to its leader, and its frames are relayed unchanged in both directions")
    func relay() async throws {
        try await Site.with { site in
            let socket = try await site.dial()
            let answer = try await socket.register(generation: 4)
            #expect(answer.header.kind == .reply)
            #expect(try Wire.decode(DeviceRegistered.self, from: answer.body).generation == 5)
            let registration = try #require(site.registry.registrations.first)
            #expect(registration.owner == site.ada.id)
            let route = try #require(registration.route)
            let up = try await socket.linkState()
            #expect(up == LinkState(up: true, leader: site.dispatcher.identity.incarnation, epoch: 1))
            #expect(
                site.dispatcher.opens == [
                    SessionOpen(
                        owner: site.ada.id, device: "box", generation: 5, session: route.session, slots: 5)
                ])
            #expect(socket.messages.map(\.header.type) == [DeviceRegistered.type, LinkState.type])

            try await socket.send(.notice, DeviceReport(used: 0, total: 5, draining: false))
            let odd: [UInt8] = [1, 2, 3, 0, 255]
            // Notices over the limit of their type are dropped.
            for type in SessionMessages.fromExecutor where type != EventsAppend.type {
                let long = [UInt8](repeating: 0x20, count: BodyLimits.of(type) + 1)
                try await socket.send(.binary, Header(.notice, type: type).encoded() + long)
            }
            for number in 0..<200 {
                let header = Header(.notice, type: EventsAppend.type, session: 12345)
                try await socket.send(.binary, header.encoded() + odd + [UInt8(number)])
            }
            try await eventually("the frames", within: .seconds(20)) { site.dispatcher.relayed.count == 201 }
            let relayed = site.dispatcher.relayed
            #expect(relayed.allSatisfy { $0.header.session == route.session.value && $0.header.kind == .notice })
            #expect(relayed[0].header.type == DeviceReport.type)
            #expect(relayed.dropFirst().map(\.body) == (0..<200).map { odd + [UInt8($0)] })
            #expect(site.registry.relayed.map(\.type) == [DeviceReport.type])

            let stop = TaskStop(task: .generate(), attempt: 1, epoch: 1, graceS: 5, discard: false)
            site.dispatcher.send(stop, session: route.session.value)
            let got = try await socket.next("task.stop") { $0.header.type == TaskStop.type }
            #expect(try Wire.decode(TaskStop.self, from: got.body) == stop)

            try await socket.send(.connectionClose, [0x03, 0xe8])
            #expect(try await socket.closed().code == 1000)
            try await eventually("the end at the mesh", within: .seconds(20)) {
                site.registry.gone.count == 1 && site.dispatcher.closes.count == 1
            }
            #expect(site.registry.gone[0].generation == 5 && site.registry.gone[0].device == "box")
        }
    }

    @Test("A leader's message right after its reply to session.open comes after link.state")
    func order() async throws {
        try await Site.with { site in
            site.dispatcher.greet(TaskStop(task: .generate(), attempt: 1, epoch: 77, graceS: 5, discard: false))
            for _ in 0..<20 {
                let socket = try await site.dial()
                try await socket.register()
                let received = try await socket.next("the stop") { $0.header.type == TaskStop.type }
                #expect(try Wire.decode(TaskStop.self, from: received.body).epoch == 77)
                let types = socket.messages.map(\.header.type).filter { [LinkState.type, TaskStop.type].contains($0) }
                #expect(types == [LinkState.type, TaskStop.type])
                try await socket.cut()
            }
        }
    }

    @Test("Nothing is relayed before the registration, and never a message that only the gateway may send")
    func guarded() async throws {
        try await Site.with { site in
            let socket = try await site.dial()
            try await socket.send(.notice, DeviceReport(used: 0, total: 5, draining: false))
            try await socket.register()
            _ = try await socket.linkState()
            let close = SessionClose(owner: site.bob.id, device: "box", generation: 9, reason: "forged")
            try await socket.send(.notice, close)
            try await socket.send(
                .notice, DeviceGone(owner: site.bob.id, device: "box", generation: 9, reason: "forged"))
            for (kind, correlation) in [(FrameKind.request, 31), (.subscribe, 32)] as [(FrameKind, UInt64)] {
                let header = Header(kind, type: TaskList.type, correlation: correlation)
                try await socket.send(.binary, header.encoded())
                let answer = try await socket.next("the refusal") { $0.header.correlation == correlation }
                #expect(answer.header.kind == .failure)
                #expect(try Wire.decode(Fault.self, from: answer.body).code == .unknownType)
            }
            try await socket.send(.notice, TaskStarted(task: .generate(), attempt: 1, startedAt: .now()))
            try await eventually("the relayed one", within: .seconds(20)) { site.dispatcher.relayed.count == 1 }
            #expect(site.dispatcher.relayed[0].header.type == TaskStarted.type)
            #expect(site.dispatcher.closes.isEmpty && site.registry.gone.isEmpty && site.registry.relayed.isEmpty)
        }
    }

    @Test("Malformed messages are refused and the connection stays open")
    func malformed() async throws {
        try await Site.with { site in
            let socket = try await site.dial()
            for bytes in [[], [1], [UInt8](repeating: 255, count: 100), [9] + [UInt8](repeating: 0, count: 60)] {
                try await socket.send(.binary, bytes)
            }
            let header = Header(.request, type: DeviceRegister.type, correlation: 5)
            try await socket.send(.binary, header.encoded() + Array("{".utf8))
            let refusal = try await socket.next("the refusal") { $0.header.correlation == 5 }
            #expect(try Wire.decode(Fault.self, from: refusal.body).code == .malformed)
            let answer = try await socket.register()
            #expect(answer.header.kind == .reply)
            let second = try await socket.register(correlation: 8)
            #expect(try Wire.decode(Fault.self, from: second.body).code == .conflict)
        }
    }

    @Test("The registry's refusal is returned, and the executor may register again")
    func refusedRegistration() async throws {
        try await Site.with { site in
            let socket = try await site.dial()
            site.registry.set(fault: Fault(.invalidRequest, "a bad name"))
            let refused = try await socket.register()
            #expect(refused.header.kind == .failure)
            #expect(try Wire.decode(Fault.self, from: refused.body) == Fault(.invalidRequest, "a bad name"))
            site.registry.set(fault: nil)
            #expect(try await socket.register(correlation: 8).header.kind == .reply)
        }
    }

    @Test("Text, too large messages and invalid frames close the connection with their codes")
    func closes() async throws {
        try await Site.with { site in
            let text = try await site.dial()
            try await text.send(.text, Array("hello".utf8))
            #expect(try await text.closed().code == 1003)
            let large = try await site.dial()
            try await large.register("large")
            // The gateway may close the connection before the whole message is sent.
            try? await large.send(.binary, [UInt8](repeating: 0, count: Limits.webSocketMessage + 1))
            #expect(try await large.closed().code == 1009)
            let pieces = try await site.dial()
            try await pieces.register("pieces")
            let half = [UInt8](repeating: 0, count: Limits.webSocketMessage / 2 + 1)
            try await pieces.send(.binary, half, fin: false)
            try? await pieces.send(.continuation, half)
            #expect(try await pieces.closed().code == 1009)
            let wrong = try await site.dial()
            try await wrong.send(.continuation, [1])
            #expect(try await wrong.closed().code == 1002)
        }
    }

    @Test("A fragmented message is relayed as one")
    func fragments() async throws {
        try await Site.with { site in
            let socket = try await site.dial()
            try await socket.register()
            _ = try await socket.linkState()
            let bytes = Header(.notice, type: EventsAppend.type).encoded() + [UInt8](0..<100)
            try await socket.send(.binary, Array(bytes[..<10]), fin: false)
            try await socket.send(.ping, [1])
            try await socket.send(.continuation, Array(bytes[10..<60]), fin: false)
            try await socket.send(.continuation, Array(bytes[60...]))
            try await eventually("the message", within: .seconds(20)) { site.dispatcher.relayed.count == 1 }
            #expect(site.dispatcher.relayed[0].body == [UInt8](0..<100))
        }
    }

    @Test("A silent executor is closed, one that answers pings stays, one that does not register is closed")
    func silence() async throws {
        try await Site.with {
            $0.ping = .milliseconds(100)
            $0.silence = .milliseconds(600)
            $0.registration = .seconds(2)
        } _: { site in
            let alive = try await site.dial()
            try await alive.register("alive")
            let silent = try await site.dial()
            try await silent.register("silent")
            silent.fallSilent()
            try await silent.ended()
            try await eventually("the notice to the registry", within: .seconds(20)) { site.registry.gone.count == 1 }
            #expect(site.registry.gone[0].device == "silent")
            let unregistered = try await site.dial()
            #expect(try await unregistered.closed().code == 1008)
            #expect(alive.pings > 5)
            #expect(site.registry.gone.count == 1)
        }
    }

    @Test("The end of a token closes its connections with 4401 and the reason")
    func tokens() async throws {
        try await Site.with {
            $0.ping = .milliseconds(100)
        } _: { site in
            let short = try await site.dial(token: try await site.token(seconds: 3))
            try await short.register("short")
            let issued = try await site.accounts.issue(owner: site.ada.id, name: "x", seconds: 60)
            let revoked = try await site.dial(token: issued.token)
            try await revoked.register("revoked")
            try await site.accounts.revoke(issued.record.id, of: site.ada.id)
            let first = try await revoked.closed()
            #expect(first.code == 4401 && first.reason.hasPrefix("token_revoked"))
            let second = try await short.closed()
            #expect(second.code == 4401 && second.reason.hasPrefix("token_expired"))
        }
    }

    @Test("An executor that does not read is cut at the bound, and others are not affected")
    func slow() async throws {
        try await Site.with { site in
            let slow = try await site.dial()
            try await slow.register("slow")
            _ = try await slow.linkState()
            let session = try #require(site.registry.registrations[0].route?.session.value)
            try await slow.stopReading()
            let prompt = String(repeating: "x", count: 1 << 20)
            let assign = TaskAssign(
                task: .generate(), attempt: 1, epoch: 1, leaseS: 45, conversation: .generate(), agent: "shell",
                prompt: prompt)
            try await eventually("the cut", within: .seconds(60)) {
                for _ in 0..<8 { site.dispatcher.send(assign, session: session) }
                return site.registry.gone.count == 1
            }
            #expect(site.registry.gone[0].reason.contains("slow"))
            let other = try await site.dial()
            try await other.register("other")
            #expect(try await other.linkState().up)
        }
    }

    @Test("An executor that sends requests and does not read the replies is cut at the same bound")
    func deaf() async throws {
        try await Site.with { site in
            let deaf = try await site.dial()
            try await deaf.register("deaf")
            _ = try await deaf.linkState()
            try await deaf.stopReading()
            let header = Header(.request, type: String(repeating: "x", count: 40), correlation: 1).encoded()
            let frame = [0x82, 0x80 | UInt8(header.count), 0, 0, 0, 0] + header
            let many = Array(repeatElement(frame, count: 1000).joined())
            let end = ContinuousClock.now + .seconds(60)
            while site.registry.gone.isEmpty, ContinuousClock.now < end {
                do { try await deaf.raw(many) } catch { break }
            }
            try await eventually("the cut", within: .seconds(20)) { site.registry.gone.count == 1 }
            #expect(site.registry.gone[0].reason.contains("slow"))
        }
    }

    @Test("The bytes of a slow message count as signs of life")
    func slowUplink() async throws {
        try await Site.with {
            $0.ping = .milliseconds(100)
            $0.silence = .seconds(1)
        } _: { site in
            let socket = try await site.dial()
            try await socket.register()
            _ = try await socket.linkState()
            socket.fallSilent()
            // One frame, byte by byte: each byte comes within the allowed silence, the whole frame does not.
            let body = [UInt8](repeating: 0, count: 12)
            try await socket.raw([0x82, 0x80 | UInt8(body.count), 0, 0, 0, 0])
            for byte in body {
                try await Task.sleep(for: .milliseconds(300))
                try await socket.raw([byte])
            }
            #expect(socket.isOpen && site.registry.gone.isEmpty)
        }
    }

    @Test("A stop closes executors with 1001 and notifies the mesh")
    func stop() async throws {
        try await Site.with { site in
            let socket = try await site.dial()
            try await socket.register()
            _ = try await socket.linkState()
            let start = ContinuousClock.now
            await site.server.stop()
            #expect(ContinuousClock.now - start < .seconds(5))
            #expect(try await socket.closed().code == 1001)
            try await eventually("the notice to the registry", within: .seconds(20)) { site.registry.gone.count == 1 }
        }
    }
}

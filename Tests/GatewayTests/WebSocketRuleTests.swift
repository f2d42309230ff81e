import Messages
import NIOCore
import NIOWebSocket
import TestClient
import TestSupport
import Testing

@testable import Gateway

@Suite("Rules of WebSockets", .serialized)
struct WebSocketRuleTests {
    /// A WebSocket of which a test writes every byte.
    private static func dial(_ site: Site, path: String = "/executor") async throws -> TestConnection {
        let connection = try await TestConnection.dial(port: site.server.port)
        try await connection.send(
            "GET \(path) HTTP/1.1\r\nHost: a\r\nAuthorization: Bearer \(site.api.token ?? "")\r\nConnection: Upgrade\r\n"
                + "Upgrade: websocket\r\nSec-WebSocket-Version: 13\r\nSec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\n\r\n"
        )
        try await connection.next("101 Switching Protocols\r\n")
        return connection
    }

    @Test(
        "Frames that break RFC 6455 close the connection with 1002",
        arguments: [
            ([0x82, 0x01, 0x00], "not masked"), ([0xc2, 0x80, 0, 0, 0, 0], "reserved bit"),
            ([0x92, 0x80, 0, 0, 0, 0], "reserved bit"), ([0x83, 0x80, 0, 0, 0, 0], "reserved opcode"),
            ([0x8b, 0x80, 0, 0, 0, 0], "reserved opcode"), ([0x09, 0x80, 0, 0, 0, 0], "control frame"),
            ([0x89, 0xfe, 0x00, 0x7e, 0, 0, 0, 0], "control frame"),
            ([0x82, 0xfe, 0x00, 0x05, 0, 0, 0, 0], "more bytes"),
            ([0x82, 0xff, 0, 0, 0, 0, 0, 0, 0, 5, 0, 0, 0, 0], "more bytes"),
        ] as [([UInt8], String)])
    func notValid(frame: [UInt8], reason: String) async throws {
        try await Site.with { site in
            // The bad frame comes after a good one, whole and byte by byte.
            for pieces in [[[0x89, 0x80, 0, 0, 0, 0] + frame], frame.map { [$0] }] {
                let connection = try await Self.dial(site)
                for piece in pieces { try await connection.send(piece) }
                try await connection.next("not valid WebSocket")
                try await connection.next(reason)
                try await connection.ended()
            }
        }
    }

    @Test("Text that is not UTF-8 closes a viewer with 1007, and so does such a reason of a close frame")
    func notUTF8() async throws {
        try await Site.with { site in
            let viewer = try await TestSocket.dial(port: site.server.port, token: nil, path: "/ws")
            try await viewer.send(.text, [0x22, 0xff, 0x22])
            #expect(try await viewer.closed().code == 1007)
            for (data, code) in [
                ([0x03, 0xe8, 0xff], 1007), ([0x03, 0xed], 1002), ([0x03], 1002), ([0x00, 0x00], 1002),
                ([0x03, 0xe8, 0x61], 1000),
            ] as [([UInt8], UInt16)] {
                let socket = try await site.dial()
                try await socket.send(.connectionClose, data)
                #expect(try await socket.closed().code == code)
            }
        }
    }

    @Test("Before its registration a session's messages are short, and nothing more of a stranger is kept")
    func unregistered() async throws {
        try await Site.with { site in
            let long = [UInt8](repeating: 0, count: GatewayLimits.unregisteredMessage + 1)
            #expect(GatewayLimits.unregisteredMessage <= 64 << 10)
            let whole = try await site.dial()
            try? await whole.send(.binary, long)
            #expect(try await whole.closed().code == 1009)
            // Of a frame of 8 MiB only the header is read.
            let announced = try await Self.dial(site)
            try await announced.send([0x82, 0xff, 0, 0, 0, 0, 0, 0x80, 0, 0, 0, 0, 0, 0])
            try await announced.next("before the registration")
            let pieces = try await site.dial()
            try? await pieces.send(.binary, Array(long.dropLast(9)), fin: false)
            try? await pieces.send(.continuation, Array(long.prefix(10)))
            #expect(try await pieces.closed().code == 1009)
            let registered = try await site.dial()
            try await registered.register()
            _ = try await registered.linkState()
            try await registered.send(.binary, Header(.notice, type: EventsAppend.type).encoded() + long)
            try await eventually("the long one", within: .seconds(20)) { site.dispatcher.relayed.count == 1 }
        }
    }

    @Test("After the close frame nothing more is sent")
    func nothingAfterTheClose() async throws {
        try await Site.with { site in
            let socket = try await Self.dial(site)
            let register = DeviceRegister(
                device: "box", name: "box", boot: .generate(), version: "1", slots: 5,
                platform: Platform(os: "linux", arch: "x86_64", hostname: "box"), generation: 0)
            let message =
                Header(.request, type: DeviceRegister.type, correlation: 7).encoded() + (try Wire.encode(register))
            try await socket.send(
                [0x82, 0xfe] + [UInt8(message.count >> 8), UInt8(message.count & 255), 0, 0, 0, 0] + message)
            try await socket.next("link.state")
            let session = try #require(site.registry.registrations.first?.route?.session.value)
            let stop = TaskStop(task: .generate(), attempt: 1, epoch: 1, graceS: 5, discard: false)
            site.dispatcher.send(stop, session: session)
            try await socket.next("task.stop")
            // The gateway closes; the client does not answer, so that the connection stays for two seconds.
            try await socket.send([0x81, 0x80, 0, 0, 0, 0])
            try await socket.next("messages are binary here")
            let end = socket.text
            for _ in 0..<20 { site.dispatcher.send(stop, session: session) }
            try await socket.ended()
            #expect(socket.text == end)
        }
    }

    @Test("A flood is held back by its own socket, and other executors are served meanwhile")
    func flood() async throws {
        try await Site.with {
            $0.executorRate = ReadBudget.Rate(bytes: 256 << 10, frames: 1000, burst: 0.25)
            $0.ping = .milliseconds(100)
            $0.silence = .seconds(2)
        } _: { site in
            let flooding = try await site.dial()
            try await flooding.register("flood")
            _ = try await flooding.linkState()
            let other = try await site.dial()
            try await other.register("other")
            _ = try await other.linkState()
            let piece = Header(.notice, type: EventsAppend.type).encoded() + [UInt8](repeating: 7, count: 64 << 10)
            let start = ContinuousClock.now
            let sending = Task { for _ in 0..<16 { try await flooding.send(.binary, piece) } }
            try await other.send(.notice, TaskStarted(task: .generate(), attempt: 1, startedAt: .now()))
            try await eventually("the other's message", within: .seconds(20)) {
                site.dispatcher.relayed.contains { $0.header.type == TaskStarted.type }
            }
            #expect(site.dispatcher.relayed.count < 17)
            try await sending.value
            // Longer than the allowed silence, which is the gateway's own while it does not read.
            try await eventually("the flood", within: .seconds(60)) { site.dispatcher.relayed.count == 17 }
            #expect(ContinuousClock.now - start > .seconds(2.5))
            #expect(flooding.isOpen && other.isOpen)
        }
    }

    @Test("A budget allows its burst and its rate, and a debt is paid in steps")
    func budget() {
        let rate = ReadBudget.Rate(bytes: 1000, frames: 10, burst: 2)
        let start = NIODeadline.now()
        var budget = ReadBudget(rate, now: start)
        budget.take(bytes: 2000, frames: 20, at: rate, now: start)
        #expect(budget.pause(at: rate) == nil)
        budget.take(bytes: 100, frames: 0, at: rate, now: start)
        #expect(budget.pause(at: rate) == .milliseconds(101))
        budget.take(bytes: 100_000, frames: 0, at: rate, now: start)
        #expect(budget.pause(at: rate) == TimeAmount(GatewayLimits.readPause))
        budget.take(bytes: 0, frames: 0, at: rate, now: start + .seconds(101))
        #expect(budget.pause(at: rate) == nil)
        budget.take(bytes: 0, frames: 21, at: rate, now: start + .seconds(1000))
        #expect(budget.pause(at: rate) == .milliseconds(101))
        // What was saved under a high rate does not outlast it.
        let low = ReadBudget.Rate(bytes: 10, frames: 1, burst: 1)
        budget.take(bytes: 11, frames: 0, at: low, now: start + .seconds(5000))
        #expect(budget.pause(at: low) != nil)
    }

    @Test("Frames are followed through any cuts of the bytes")
    func scan() throws {
        var bytes: [UInt8] = []
        for (first, length) in [(0x82, 0), (0x02, 5), (0x89, 3), (0x80, 200), (0x82, 70_000)] as [(UInt8, Int)] {
            bytes.append(first)
            switch length {
            case ..<126: bytes.append(0x80 | UInt8(length))
            case ..<65_536: bytes += [0xfe, UInt8(length >> 8), UInt8(length & 255)]
            default: bytes += [0xff, 0, 0, 0, 0, 0, UInt8(length >> 16), UInt8(length >> 8 & 255), UInt8(length & 255)]
            }
            bytes += [1, 2, 3, 4] + [UInt8](repeating: 0xff, count: length)
        }
        for step in [1, 2, 3, 7, 1000, bytes.count] {
            var (scan, frames, valid) = (FrameScan(), 0, 0)
            for start in stride(from: 0, to: bytes.count, by: step) {
                let piece = Array(bytes[start..<min(bytes.count, start + step)])
                frames += try piece.withUnsafeBytes { try scan.take($0, longest: 70_000, valid: &valid) }
            }
            #expect(frames == 5)
        }
        var (scan, valid) = (FrameScan(), 0)
        #expect(throws: FrameScan.Violation.tooLarge) {
            try bytes.withUnsafeBytes { try scan.take($0, longest: 204, valid: &valid) }
        }
        // Up to the frame that makes the message too long.
        #expect(valid == 6 + 11 + 9)
    }
}

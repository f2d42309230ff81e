import Foundation
import Messages
import NIOCore
import NIOSSL
import TestSupport
import Testing

@testable import Executor

@Suite("The WebSocket client against a real server")
struct WebSocketLinkTests {
    private func dialer(_ url: String, ping: Double = 5, silence: Double = 60) throws -> WebSocketDialer {
        var times = ExecutorTimes()
        times.ping = ping
        times.silence = silence
        times.handshake = 30
        return WebSocketDialer(address: try LinkAddress(url), token: "the-token", version: "0", times: times)
    }

    private func next(_ link: any ExecutorLink) async throws -> [LinkEvent] {
        try await deadline("an event of the link") { await link.next() ?? [] }
    }

    private func failure(_ dialer: WebSocketDialer) async -> LinkFailure? {
        do {
            try await dialer.dial().close()
            return nil
        } catch { return error }
    }

    @Test("Frames pass both ways, in order, with the token in the header")
    func passesFrames() async throws {
        let server = try await ScriptedGateway.start()
        let link = try await dialer(server.url).dial()
        let connection = try await eventually("the connection") { server.connections.first }
        #expect(server.heads.first?.headers.first(name: "authorization") == "Bearer the-token")
        #expect(server.heads.first?.uri == "/executor")
        for number in 1...500 {
            link.send(try LinkFrame.notice(EventsResync(task: .generate(), attempt: 1, from: UInt64(number))))
        }
        try await eventually("all frames") { try connection.all(EventsResync.self).count == 500 }
        #expect(try connection.all(EventsResync.self).map(\.from) == Array(1...500))
        try connection.send(Done())
        guard case .frame(let bytes) = try await next(link).first else {
            return #expect(Bool(false), "a frame was expected")
        }
        #expect(try Header.split(bytes).header.type == Done.type)
        link.close()
        await server.stop()
    }

    @Test("A large message passes, one that is too large ends the link")
    func boundsMessages() async throws {
        let server = try await ScriptedGateway.start()
        let link = try await dialer(server.url).dial()
        let connection = try await eventually("the connection") { server.connections.first }
        connection.send(raw: [UInt8](repeating: 1, count: 7 << 20))
        guard case .frame(let bytes) = try await next(link).first else {
            return #expect(Bool(false), "a frame was expected")
        }
        #expect(bytes.count == 7 << 20)
        connection.send(raw: [UInt8](repeating: 1, count: 9 << 20))
        guard case .closed = try await next(link).last else { return #expect(Bool(false), "the end was expected") }
        #expect(await link.next() == nil)
        await server.stop()
    }

    @Test("A refusal has the server's own code and text")
    func readsRefusal() async throws {
        let server = try await ScriptedGateway.start()
        server.refuse(
            .init(
                status: .unauthorized,
                body:
                    #"{"type":"/errors/token_expired","title":"Unauthorized","status":401,"detail":"The token has expired; make a new one.","code":"token_expired"}"#
            ))
        let failure = try #require(await failure(dialer(server.url)))
        #expect(failure == .refused(status: 401, Fault(.tokenExpired, "The token has expired; make a new one.")))
        await server.stop()
    }

    @Test("A closed port, an unknown name and another kind of server give different errors")
    func distinguishesFailures() async throws {
        let port = try FreePort.next()
        let closed = try #require(await failure(dialer("http://127.0.0.1:\(port)")))
        #expect(closed.message.contains("127.0.0.1:\(port)"))
        #expect(closed.message.contains("refused"))
        let unknown = try #require(await failure(dialer("http://nosuch.test")))
        #expect(unknown.message.contains("nosuch.test"))
        let server = try await ScriptedGateway.start()
        server.refuse(.init(status: .ok, body: "<html>hello</html>"))
        let other = try #require(await failure(dialer(server.url)))
        #expect(other.message.contains("answered 200"))
        await server.stop()
    }

    @Test(
        "TLS is used, and only with a trusted certificate",
        .enabled(if: TestCertificate.isPossible, "no openssl"))
    func checksCertificate() async throws {
        let certificate = try await TestCertificate()
        let server = try await ScriptedGateway.start(tls: certificate.server)
        for host in ["localhost", "127.0.0.1"] {
            var dialer = try dialer("https://\(host):\(server.port)")
            let untrusted = try #require(await failure(dialer))
            #expect(untrusted.message.lowercased().contains("certificate"))
            dialer.trust = .certificates(certificate.chain)
            let link = try await dialer.dial()
            link.send(try LinkFrame.notice(Done()))
            try await eventually("the frame") { try server.connections.last?.all(Done.self).count == 1 }
            link.close()
        }
        await server.stop()
    }

    @Test("A cut connection ends the link with a reason")
    func cutEndsLink() async throws {
        let server = try await ScriptedGateway.start()
        let link = try await dialer(server.url).dial()
        let connection = try await eventually("the connection") { server.connections.first }
        connection.cut()
        guard case .closed(let why) = try await next(link).last else {
            return #expect(Bool(false), "the end was expected")
        }
        // The text differs where the server had unread bytes, and an end during the handshake is sometimes noticed only
        // by the silence.
        #expect(why.contains("the connection") || why.contains("nothing was heard"), "\(why)")
        await server.stop()
    }

    @Test("Pings are sent, and pongs keep the link up")
    func pings() async throws {
        let server = try await ScriptedGateway.start()
        let link = try await dialer(server.url, ping: 0.05, silence: 60).dial()
        let connection = try await eventually("the connection") { server.connections.first }
        try await eventually("pings") { connection.pings > 12 }
        #expect(connection.isOpen)
        link.close()
        await server.stop()
    }

    @Test("Silence ends the link")
    func silenceEndsLink() async throws {
        let server = try await ScriptedGateway.start()
        let link = try await dialer(server.url, ping: 0.05, silence: 1).dial()
        let connection = try await eventually("the connection") { server.connections.first }
        // A frozen server: the socket stays open and nothing arrives.
        connection.pause(true)
        guard case .closed(let why) = try await next(link).last else {
            return #expect(Bool(false), "the end was expected")
        }
        #expect(why.contains("nothing was heard"))
        await server.stop()
    }

    @Test("Events wait while the server does not read")
    func waitsForServer() async throws {
        let server = try await ScriptedGateway.start()
        let link = try await dialer(server.url).dial()
        let connection = try await eventually("the connection") { server.connections.first }
        connection.pause(true)
        var sent = 0
        while link.isWritable, sent < 1000 {
            link.send([UInt8](repeating: 0, count: 200_000))
            sent += 1
            await Task.yield()
        }
        #expect(!link.isWritable)
        connection.pause(false)
        try await eventually("it is writable again") { link.isWritable }
        link.close()
        await server.stop()
    }
}

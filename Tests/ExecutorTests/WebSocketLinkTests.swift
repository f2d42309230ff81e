import Foundation
import Messages
import NIOCore
import NIOSSL
import TestSupport
import Testing

@testable import Executor

/// The WebSocket client against a real server.
struct WebSocketLinkTests {
    private func dialer(_ url: String, ping: Double = 5, silence: Double = 15) throws -> WebSocketDialer {
        var times = ExecutorTimes()
        times.ping = ping
        times.silence = silence
        times.handshake = 30
        return WebSocketDialer(address: try LinkAddress(url), token: "the-token", version: "0", times: times)
    }

    private func next(_ link: any ExecutorLink) async throws -> [LinkEvent] {
        try await deadline("an event of the link", .seconds(20)) { await link.next() ?? [] }
    }

    private func failure(_ dialer: WebSocketDialer) async -> LinkFailure? {
        do {
            try await dialer.dial().close()
            return nil
        } catch { return error }
    }

    @Test func `Frames pass both ways, in order, with the token in the header`() async throws {
        let server = try await StubGateway.start()
        let link = try await dialer(server.url).dial()
        let connection = try await eventually("the connection") { server.connections.first }
        #expect(server.heads.first?.headers.first(name: "authorization") == "Bearer the-token")
        #expect(server.heads.first?.uri == "/executor")
        for number in 1...500 {
            link.send(try Frame.notice(EventsResync(task: .generate(), attempt: 1, from: UInt64(number))))
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

    @Test func `A large message passes, a too large one ends the link`() async throws {
        let server = try await StubGateway.start()
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

    @Test func `A refusal is told with the server's own code and sentence`() async throws {
        let server = try await StubGateway.start()
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

    @Test func `Nobody there, a wrong name and a server of another kind are told apart`() async throws {
        let port = try FreePort.next()
        let nobody = try #require(await failure(dialer("http://127.0.0.1:\(port)")))
        #expect(nobody.sentence.contains("127.0.0.1:\(port)"))
        #expect(nobody.sentence.contains("refused"))
        let unknown = try #require(await failure(dialer("http://nosuch.invalid")))
        #expect(unknown.sentence.contains("nosuch.invalid"))
        let server = try await StubGateway.start()
        server.refuse(.init(status: .ok, body: "<html>hello</html>"))
        let other = try #require(await failure(dialer(server.url)))
        #expect(other.sentence.contains("answered 200"))
        await server.stop()
    }

    @Test(.enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl"), "no openssl"))
    func `TLS is spoken, and only with a certificate that is believed`() async throws {
        let folder = try TemporaryDirectory()
        let openssl = try ChildProcess(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=DNS:localhost,IP:127.0.0.1", "-keyout",
                folder.file("key"), "-out", folder.file("cert"),
            ])
        #expect(try await openssl.exit() == .exited(0))
        let certificate = try NIOSSLCertificate.fromPEMFile(folder.file("cert"))
        let server = try await StubGateway.start(
            tls: .makeServerConfiguration(
                certificateChain: certificate.map { .certificate($0) },
                privateKey: .privateKey(try .init(file: folder.file("key"), format: .pem))))
        for host in ["localhost", "127.0.0.1"] {
            var dialer = try dialer("https://\(host):\(server.port)")
            let doubted = try #require(await failure(dialer))
            #expect(doubted.sentence.lowercased().contains("certificate"))
            dialer.trust = .certificates(certificate)
            let link = try await dialer.dial()
            link.send(try Frame.notice(Done()))
            try await eventually("the frame") { try server.connections.last?.all(Done.self).count == 1 }
            link.close()
        }
        await server.stop()
    }

    @Test func `A cut connection ends the link with a reason`() async throws {
        let server = try await StubGateway.start()
        let link = try await dialer(server.url).dial()
        let connection = try await eventually("the connection") { server.connections.first }
        connection.cut()
        guard case .closed(let why) = try await next(link).last else {
            return #expect(Bool(false), "the end was expected")
        }
        // What the server had not read yet makes the system say it in other words; and an end that falls into the
        // handshake is sometimes noticed only by the silence.
        #expect(why.contains("the connection") || why.contains("nothing was heard"), "\(why)")
        await server.stop()
    }

    @Test func `Pings go out and are answers enough`() async throws {
        let server = try await StubGateway.start()
        let link = try await dialer(server.url, ping: 0.05, silence: 60).dial()
        let connection = try await eventually("the connection") { server.connections.first }
        try await eventually("pings") { connection.pings > 12 }
        #expect(connection.isOpen)
        link.close()
        await server.stop()
    }

    @Test func `Silence ends the link`() async throws {
        let server = try await StubGateway.start()
        let link = try await dialer(server.url, ping: 0.05, silence: 1).dial()
        let connection = try await eventually("the connection") { server.connections.first }
        // A server that stands still: the socket stays open and nothing comes.
        connection.pause(true)
        guard case .closed(let why) = try await next(link).last else {
            return #expect(Bool(false), "the end was expected")
        }
        #expect(why.contains("nothing was heard"))
        await server.stop()
    }

    @Test func `The bulk waits while the server does not read`() async throws {
        let server = try await StubGateway.start()
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

import Foundation
import Launch
import Messages
import TestSupport
import Testing

@testable import Executor

@Suite("The executor behind an HTTP proxy", .timeLimit(.minutes(2)))
struct ProxyTests {
    private func launch(_ url: String, _ folder: TemporaryDirectory, _ environment: [String: String]) throws
        -> ChildProcess
    {
        try ChildProcess(
            Binaries.executor,
            ["--home", folder.file("home"), "--device-id", "test", "--claude", folder.file("none")],
            environment: ["WEGENT_TOKEN": "t", "WEGENT_BACKEND_URL": url, "HOME": folder.path]
                .merging(environment) { $1 })
    }

    @Test("The link goes through the tunnel, with name and password", arguments: ["http_proxy", "all_proxy"])
    func tunnels(variable: String) async throws {
        let gateway = try await ScriptedGateway.start()
        let proxy = try await TunnelProxy.start(to: gateway.port)
        let folder = try TemporaryDirectory()
        let process = try launch(
            "http://gateway.test:1234/mesh", folder, [variable: "http://ada:s%40cret@127.0.0.1:\(proxy.port)"])
        let connection = try await eventually("a connection") { gateway.connections.last }
        _ = try await eventually("the registration") { connection.header(DeviceRegister.type) }
        let head = try #require(proxy.heads.first)
        #expect(head.hasPrefix("CONNECT gateway.test:1234 HTTP/1.1\r\n"))
        #expect(head.contains("Proxy-Authorization: Basic \(Data("ada:s@cret".utf8).base64EncodedString())\r\n"))
        #expect(!head.contains("Bearer"))
        #expect(gateway.heads.first?.uri == "/mesh/executor")
        #expect(gateway.heads.first?.headers.first(name: "host") == "gateway.test:1234")
        try await process.stop()
        await proxy.stop()
        await gateway.stop()
    }

    @Test("TLS begins inside the tunnel", .enabled(if: TestCertificate.isPossible, "no openssl"))
    func tunnelsTLS() async throws {
        let certificate = try await TestCertificate(names: "DNS:gateway.test")
        let gateway = try await ScriptedGateway.start(tls: certificate.server)
        let proxy = try await TunnelProxy.start(to: gateway.port)
        let address = try LinkAddress("https://gateway.test")
        var times = ExecutorTimes()
        times.handshake = 60
        var dialer = WebSocketDialer(
            address: address, token: "t",
            proxy: try WebSocketDialer.proxy(
                for: address, environment: ["HTTPS_PROXY": "http://127.0.0.1:\(proxy.port)"]),
            version: "0", times: times)
        dialer.trust = .certificates(certificate.chain)
        let link = try await dialer.dial()
        try await eventually("the connection") { gateway.connections.count == 1 }
        #expect(proxy.heads.first?.hasPrefix("CONNECT gateway.test:443 ") == true)
        link.close()
        await proxy.stop()
        await gateway.stop()
    }

    @Test("A dead proxy is named, and tried again")
    func deadProxy() async throws {
        let (port, folder) = (try FreePort.next(), try TemporaryDirectory())
        let process = try launch("http://gateway.test", folder, ["http_proxy": "http://127.0.0.1:\(port)"])
        let line = try await process.stderr.line("the warning") { $0.contains("not connected") }
        #expect(line.contains("the proxy http://127.0.0.1:\(port) (from http_proxy) cannot be reached"), "\(line)")
        #expect(process.ended == nil)
        try await process.stop()
    }

    @Test(
        "A proxy that refuses for good ends the start, and is named",
        arguments: [
            ("HTTP/1.1 407 Proxy Authentication Required\r\n\r\n", "write user and password into https_proxy"),
            ("HTTP/1.1 403 Forbidden\r\n\r\n", "answered 403"), ("HTTP/1.1 403\r\nVia: x\r\n\r\n", "answered 403"),
            ("SSH-2.0-x\r\n\r\n", "not HTTP"),
        ])
    func refuses(answer: String, text: String) async throws {
        let proxy = try await TunnelProxy.start(to: 1, answer: answer)
        let folder = try TemporaryDirectory()
        let process = try launch("https://gateway.test", folder, ["https_proxy": "127.0.0.1:\(proxy.port)"])
        #expect(try await process.exit() == .exited(78))
        let error = process.stderr.text
        #expect(error.contains("the proxy http://127.0.0.1:\(proxy.port)") && error.contains(text), "\(error)")
        await proxy.stop()
    }

    @Test("A proxy whose way on is broken is tried again", arguments: [502, 503, 504])
    func passes(status: Int) async throws {
        let proxy = try await TunnelProxy.start(to: 1, answer: "HTTP/1.1 \(status) Later\r\n\r\n")
        let folder = try TemporaryDirectory()
        let process = try launch("https://gateway.test", folder, ["https_proxy": "127.0.0.1:\(proxy.port)"])
        try await eventually("two attempts") { proxy.heads.count >= 2 }
        #expect(process.ended == nil)
        try await process.stop()
        await proxy.stop()
    }

    @Test("A proxy of another kind ends the start")
    func otherKind() async throws {
        let folder = try TemporaryDirectory()
        let process = try launch("http://gateway.test", folder, ["all_proxy": "socks5://127.0.0.1:1"])
        #expect(try await process.exit() == .exited(78))
        #expect(process.stderr.text.contains("can only use an HTTP proxy, not socks5://127.0.0.1:1 (from all_proxy)"))
    }

    @Test("A gateway in no_proxy is reached directly")
    func direct() async throws {
        let (gateway, folder) = (try await ScriptedGateway.start(), try TemporaryDirectory())
        let process = try launch(
            "http://127.0.0.1:\(gateway.port)", folder, ["http_proxy": "http://127.0.0.1:9", "no_proxy": "other.test"])
        try await eventually("a connection") { gateway.connections.count == 1 }
        try await process.stop()
        await gateway.stop()
    }
}

import Messages
import Testing

@testable import Executor

@Suite("Addresses and refusals of the WebSocket")
struct LinkAddressTests {
    @Test(
        "A backend URL leads to the address of its WebSocket",
        arguments: [
            ("http://127.0.0.1:8787", "ws://127.0.0.1:8787/executor"),
            ("https://wegent.example.com", "wss://wegent.example.com/executor"),
            ("https://example.com:8443/mesh/", "wss://example.com:8443/mesh/executor"),
            ("ws://[::1]:99", "ws://[::1]:99/executor"), ("wss://h", "wss://h/executor"),
            ("http://h:8787//", "ws://h:8787/executor"), ("http://h//mesh//", "ws://h/mesh/executor"),
            ("http://[fe80::1%25eth0]:99", "ws://[fe80::1]:99/executor"),
        ])
    func readsURL(url: String, address: String) throws {
        #expect(try LinkAddress(url).description == address)
    }

    @Test(
        "Any other URL is refused",
        arguments: ["", "foo", "127.0.0.1:8787", "ftp://host", "http://", "http://host:0", "http://host:70000"])
    func refusesURL(url: String) {
        let fault = #expect(throws: Fault.self) { try LinkAddress(url) }
        #expect(fault?.code == .invalidRequest)
        #expect(fault?.message.contains("'\(url)'") == true)
    }

    @Test("A refusal is read from its problem document")
    func readsProblem() throws {
        let address = try LinkAddress("http://h")
        let body = Array(
            #"{"type":"/errors/token_expired","status":401,"code":"token_expired","detail":"make a new one"}"#.utf8)
        #expect(UpgradeRefusal.read(status: 401, body: body, from: address) == Fault(.tokenExpired, "make a new one"))
        let page = UpgradeRefusal.read(status: 502, body: Array("<html>bad gateway</html>".utf8), from: address)
        #expect(page.code == .unavailable)
        #expect(page.message.contains("502"))
        #expect(page.message.contains("ws://h/executor"))
        let path = UpgradeRefusal.read(status: 404, body: [], from: address)
        #expect(path.code == .routeNotFound && path.message.contains("check the path"))
        let moved = UpgradeRefusal.read(status: 301, location: "https://h/", body: [], from: address)
        #expect(moved.message.contains("a redirect to https://h/"))
    }

    @Test("The proof of the handshake is that of RFC 6455")
    func provesHandshake() {
        #expect(WebSocketHandshake.accept(for: "dGhlIHNhbXBsZSBub25jZQ==") == "s3pPLMBiTxaQ9kYGzzhZRbK+xOo=")
    }
}

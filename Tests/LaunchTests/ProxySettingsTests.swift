import Messages
import Testing

@testable import Launch

@Suite("Proxies of the environment")
struct ProxySettingsTests {
    private func proxy(_ url: String, _ environment: [String: String]) throws -> String? {
        try ProxySettings(environment: environment).proxy(for: BackendURL(url))?.description
    }

    @Test("The variable of the scheme comes first, then the one for all")
    func chooses() throws {
        let all = ["http_proxy": "p:1", "https_proxy": "p:2", "HTTPS_PROXY": "p:3", "all_proxy": "p:4"]
        #expect(try proxy("http://h", all) == "http://p:1 (from http_proxy)")
        #expect(try proxy("https://h", all) == "http://p:2 (from https_proxy)")
        #expect(try proxy("wss://h", ["HTTPS_PROXY": "https://p/"]) == "https://p:443 (from HTTPS_PROXY)")
        #expect(try proxy("http://h", ["HTTP_PROXY": "p:1"]) == nil)
        #expect(
            try proxy("http://h", ["http_proxy": "", "ALL_PROXY": "socks5://p"]) == "socks5://p:1080 (from ALL_PROXY)")
    }

    @Test("User and password are decoded and not shown")
    func hidesPassword() throws {
        let settings = ProxySettings(environment: ["http_proxy": "http://ada:s%40cret@[::1]:3128"])
        let proxy = try #require(try settings.proxy(for: BackendURL("http://h")))
        #expect(proxy.credentials == "ada:s@cret")
        #expect(proxy.description == "http://[::1]:3128 (from http_proxy)")
    }

    @Test(
        "A variable that names no proxy is refused by its name",
        arguments: [
            "http://", "p:0", "p:x", "a..b:1", "http://::1:3128", "fe80::1", "[::1", "http://ada:secret@[::1:1",
        ])
    func refuses(text: String) {
        let fault = #expect(throws: Fault.self) { try proxy("http://h", ["http_proxy": text]) }
        #expect(fault?.message.contains("http_proxy") == true && fault?.message.contains("secret") == false)
    }

    @Test(
        "Hosts in no_proxy and this machine are reached directly",
        arguments: [
            ("h.example.com", true), ("example.com", true), ("notexample.com", false), ("10.1.2.3", true),
            ("11.1.2.3", false), ("192.168.7.9", true), ("[fd00::9]", true), ("[fd01::9]", false), ("localhost", true),
            ("127.0.0.1", true), ("[::1]", true), ("x.localhost", true),
        ])
    func direct(host: String, isDirect: Bool) throws {
        let list = ".example.com, 10.0.0.0/8 192.168.7.9,fd00::/16"
        for name in ["no_proxy", "NO_PROXY"] {
            let proxy = try proxy("http://\(host)", ["http_proxy": "p:1", name: list])
            #expect((proxy == nil) == isDirect)
        }
        #expect(try proxy("http://\(host)", ["http_proxy": "p:1", "no_proxy": "*"]) == nil)
    }
}

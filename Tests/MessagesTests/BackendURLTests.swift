import Messages
import Testing

@Suite("Addresses and tokens as people write them")
struct BackendURLTests {
    @Test(
        "A backend URL has one form",
        arguments: [
            ("http://127.0.0.1:8787", "http://127.0.0.1:8787"), ("http://127.0.0.1:8787/", "http://127.0.0.1:8787"),
            ("http://127.0.0.1:8787//", "http://127.0.0.1:8787"), (" https://h.example\n", "https://h.example"),
            ("https://h/a//b///", "https://h/a/b"),
            ("HTTPS://Wegent.Example.COM:443/Mesh", "https://wegent.example.com/Mesh"),
            ("ws://[::1]:99", "http://[::1]:99"), ("wss://h:80", "https://h:80"), ("http://h:", "http://h"),
            ("http://[FE80::1%25eth0]:1/x", "http://[fe80::1%25eth0]:1/x"),
            ("http://[fe80::1%2]", "http://[fe80::1%252]"),
            ("http://a_b.local.:1", "http://a_b.local.:1"),
        ])
    func reads(text: String, form: String) throws {
        let url = try BackendURL(text)
        #expect(url.description == form)
        #expect(try BackendURL(url.description) == url)
    }

    @Test("A zone is for the resolver and not for the server")
    func zone() throws {
        let url = try BackendURL("http://[fe80::1%25eth0]:8787/mesh/")
        #expect(url.host.name == "fe80::1%eth0")
        #expect(url.authority == "[fe80::1]:8787")
        #expect(url.path == "/mesh")
    }

    @Test(
        "What can never be reached is refused with the reason",
        arguments: [
            ("", "begin with"), ("localhost:8787", "begin with"), ("ftp://h", "begin with"),
            ("http://", "names no host"),
            ("http:///path", "names no host"), ("http://a b", "space"), ("http://h\n.x", "space"),
            ("http://h:0", "port"), ("http://h:70000", "port"), ("http://h:-1", "port"), ("http://h:8x", "port"),
            ("http://::1:8787", "brackets"), ("http://[::1", "bracket"), ("http://[::g]", "IPv6"),
            ("http://[::1]8", "host"),
            ("http://[fe80::1%25]", "zone"), ("http://h?q=1", "query"), ("http://h/x#y", "query"),
            ("http://a..b", "1 to 63"), ("http://\(String(repeating: "x", count: 64)).com", "1 to 63"),
            ("http://nosuch.invalid", "never exist"), ("http://256.1.1.1", "IPv4"), ("http://1.2.3.4.5:80", "IPv4"),
            ("http://b\u{fc}cher.example", "character"), ("http://h%41", "letters"), ("http://h/\u{202e}", "character"),
        ])
    func refuses(text: String, why: String) {
        let fault = #expect(throws: Fault.self) { try BackendURL(text) }
        #expect(fault?.code == .invalidRequest)
        #expect(fault?.message.contains(why) == true, "\(fault?.message ?? "")")
        #expect(fault?.message.unicodeScalars.allSatisfy { !"\n\u{202e}".unicodeScalars.contains($0) } == true)
    }

    @Test("A password in a URL is not repeated")
    func hidesPassword() {
        let fault = #expect(throws: Fault.self) { try BackendURL("https://ada:secret@host") }
        #expect(fault?.message.contains("secret") == false)
        #expect(fault?.message.contains("user name") == true)
    }

    @Test(
        "A host to listen on has brackets or none",
        arguments: [("[::1]", "::1"), ("::1", "::1"), ("::", "::"), ("0.0.0.0", "0.0.0.0"), ("LocalHost", "localhost")])
    func hosts(text: String, name: String) throws {
        #expect(try HostName(text).name == name)
    }

    @Test("White space around a token does not count", arguments: ["t", "t\n", "t\r\n", " \tt \n\n"])
    func trimsToken(text: String) throws {
        #expect(try BearerToken.read(text) == "t")
    }

    @Test(
        "A token with another character is refused and not shown", arguments: ["ab\ncd", "a b", "caf\u{e9}", "a\u{0}b"])
    func refusesToken(text: String) {
        let fault = #expect(throws: Fault.self) { try BearerToken.read(text) }
        #expect(fault?.code == .tokenInvalid)
        #expect(fault?.message.contains(text) == false)
    }
}

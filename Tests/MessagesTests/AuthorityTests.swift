import Messages
import Testing

@Suite("Host and port of a URL")
struct AuthorityTests {
    @Test(
        "User, host and port are read apart",
        arguments: [
            ("h", nil, "h", nil), ("h:", nil, "h", nil), ("h:1", nil, "h", 1), ("[::1]", nil, "::1", nil),
            ("[::1]:65535", nil, "::1", 65_535), ("ada@h", "ada", "h", nil), ("a:b@[::1]:2", "a:b", "::1", 2),
            ("a@b:c@h:3", "a@b:c", "h", 3), ("[x]:1@h", "[x]:1", "h", nil), ("@h", "", "h", nil),
        ] as [(Substring, String?, String, Int?)])
    func reads(text: Substring, userInfo: String?, name: String, port: Int?) throws {
        let authority = try Authority(text)
        #expect(authority.userInfo == userInfo && authority.host.name == name && authority.port == port)
    }

    @Test(
        "A host or a port that cannot be is refused, without what stands before the host",
        arguments: [
            "::1", "::1:3128", ":1", "", "h:0", "h:65536", "h:x", "h:-1", "h:+1", "[::1]1", "[::1", "a..b", "[::g]:1",
        ] as [Substring])
    func refuses(text: Substring) {
        for text in [text, "ada:secret@\(text)"] {
            let fault = #expect(throws: Fault.self) { try Authority(text) }
            #expect(fault?.code == .invalidRequest && fault?.message.contains("secret") == false)
        }
    }
}

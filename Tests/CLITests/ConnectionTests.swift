import TestSupport
import Testing

@testable import CLI

@Suite("Gateway address and token")
struct ConnectionTests {
    let saved = SavedConnection(url: "https://saved.example/", token: "kept", user: "ada", writtenBy: .login)

    @Test("Flags come first, then the environment, then the saved file")
    func precedence() throws {
        let environment = ["WEGENT_BACKEND_URL": "http://env.example:1", "WEGENT_TOKEN": "env"]
        let flags = try Connection(url: "http://flag.example/", token: "flag", environment: environment, saved: saved)
        #expect(flags == Connection(url: "http://flag.example", token: "flag"))
        let variables = try Connection(url: nil, token: nil, environment: environment, saved: saved)
        #expect(variables == Connection(url: "http://env.example:1", token: "env"))
        let kept = try Connection(url: nil, token: nil, environment: ["WEGENT_TOKEN": ""], saved: saved)
        #expect(kept == Connection(url: "https://saved.example", token: "kept"))
        let local = try Connection(url: nil, token: nil, environment: [:], saved: nil)
        #expect(local == Connection(url: Connection.localURL, token: nil))
    }

    @Test("A saved token is sent only to its own gateway")
    func savedTokenStaysWithGateway() throws {
        let other = try Connection(url: "https://other.example", token: nil, environment: [:], saved: saved)
        #expect(other.token == nil)
        let same = try Connection(url: "https://saved.example", token: nil, environment: [:], saved: saved)
        #expect(same.token == "kept")
    }

    @Test(
        "Text that is not a gateway address is refused",
        arguments: ["", "localhost:8787", "ftp://x", "http://", "https:///path", "http://a b"])
    func refusesWrongAddress(_ text: String) {
        #expect(throws: CommandError.self) { try Connection.address(text) }
    }

    @Test("The paths of files follow the XDG variables")
    func paths() {
        let plain = Folders(environment: ["HOME": "/home/ada"])
        #expect(plain.configuration == "/home/ada/.config/wegent/config.json")
        #expect(plain.data == "/home/ada/.local/share/wegent")
        let named = Folders(environment: ["HOME": "/h", "XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "relative"])
        #expect(named.configuration == "/c/wegent/config.json")
        #expect(named.data == "/h/.local/share/wegent")
    }
}

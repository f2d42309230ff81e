import TestSupport
import Testing

@testable import CLI

struct ConnectionTests {
    let saved = SavedConnection(url: "https://saved.example/", token: "kept", user: "ada", madeBy: .login)

    @Test func flagsOverEnvironmentOverSaved() throws {
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

    @Test func aSavedTokenGoesNowhereElse() throws {
        let other = try Connection(url: "https://other.example", token: nil, environment: [:], saved: saved)
        #expect(other.token == nil)
        let same = try Connection(url: "https://saved.example", token: nil, environment: [:], saved: saved)
        #expect(same.token == "kept")
    }

    @Test(arguments: ["", "localhost:8787", "ftp://x", "http://", "https:///path", "http://a b"])
    func refusesWhatIsNoAddress(_ text: String) {
        #expect(throws: Failure.self) { try Connection.address(text) }
    }

    @Test func findsItsFilesByXDG() {
        let plain = Folders(environment: ["HOME": "/home/ada"])
        #expect(plain.configuration == "/home/ada/.config/wegent/config.json")
        #expect(plain.data == "/home/ada/.local/share/wegent")
        let named = Folders(environment: ["HOME": "/h", "XDG_CONFIG_HOME": "/c", "XDG_DATA_HOME": "relative"])
        #expect(named.configuration == "/c/wegent/config.json")
        #expect(named.data == "/h/.local/share/wegent")
    }
}

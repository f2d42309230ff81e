import Foundation
import Messages
import TestSupport
import Testing

@testable import Gateway

@Suite("Accounts")
struct AccountsTests {
    private let folder: TemporaryDirectory

    init() throws { folder = try TemporaryDirectory() }

    private func open() async throws -> Accounts {
        try await Accounts.open(dataDirectory: folder.path, cost: Site.cheap)
    }

    @Test("A user logs in with the generated password and with no other")
    func login() async throws {
        let accounts = try await open()
        let password = try await accounts.addUser("ada")
        #expect(password.count == 24)
        let (user, issued) = try await accounts.login(name: "ada", password: password)
        #expect(user.name == "ada")
        #expect(try await accounts.verifier.verify(issued.token).sub == user.id)
        for (name, guess) in [("ada", "wrong"), ("ada", ""), ("eve", password), ("", "")] {
            let fault = await #expect(throws: Fault.self) { try await accounts.login(name: name, password: guess) }
            #expect(fault?.code == .loginFailed)
        }
        await accounts.close()
    }

    @Test("A user name is unique and restricted to certain characters")
    func names() async throws {
        let accounts = try await open()
        _ = try await accounts.addUser("ada")
        #expect(await #expect(throws: Fault.self) { try await accounts.addUser("ada") }?.code == .conflict)
        for name in ["", "a b", "a/b", "ä", String(repeating: "a", count: 65)] {
            #expect(await #expect(throws: Fault.self) { try await accounts.addUser(name) }?.code == .invalidRequest)
        }
        _ = try await accounts.addUser("ada.l-1_x@example.org")
        #expect(try await accounts.users().map(\.name) == ["ada", "ada.l-1_x@example.org"])
        await accounts.close()
    }

    @Test("Each kind of invalid token has its code, and every refusal has how to get a new one")
    func tokens() async throws {
        let accounts = try await open()
        _ = try await accounts.addUser("ada")
        let user = try await accounts.users()[0]
        let old = try await accounts.issue(owner: user.id, name: "old", seconds: -1)
        let revoked = try await accounts.issue(owner: user.id, name: "revoked", seconds: 60)
        let good = try await accounts.issue(owner: user.id, name: "good", seconds: 60)
        try await accounts.revoke(revoked.record.id, of: user.id)
        #expect(try await accounts.verifier.verify(good.token).jti == good.record.id)

        var forged = good.token
        forged.replaceSubrange(forged.index(forged.endIndex, offsetBy: -10)..., with: "AAAAAAAAAA")
        let cases: [(String, ErrorCode)] = [
            (old.token, .tokenExpired), (revoked.token, .tokenRevoked), (forged, .tokenInvalid),
            ("", .tokenInvalid), ("a.b.c", .tokenInvalid), (String(repeating: "a", count: 100_000), .tokenInvalid),
            // The algorithm in the header is "none".
            ("eyJhbGciOiJub25lIn0." + good.token.split(separator: ".")[1] + ".", .tokenInvalid),
        ]
        for (token, code) in cases {
            let fault = await #expect(throws: Fault.self) { try await accounts.verifier.verify(token) }
            #expect(fault?.code == code)
            #expect(fault?.message.contains("wegent token create") == true)
            // A second time, from the cache.
            #expect(await #expect(throws: Fault.self) { try await accounts.verifier.verify(token) }?.code == code)
        }
        #expect(try await accounts.tokens(of: user.id).map(\.name).sorted() == ["good", "old", "revoked"])
        await accounts.close()
    }

    @Test("Only its owner can revoke a token, and another process's revocation takes effect")
    func revocation() async throws {
        let accounts = try await open()
        _ = try await accounts.addUser("ada")
        _ = try await accounts.addUser("bob")
        let users = try await accounts.users()
        let issued = try await accounts.issue(owner: users[0].id, name: "x", seconds: 60)
        let fault = await #expect(throws: Fault.self) { try await accounts.revoke(issued.record.id, of: users[1].id) }
        #expect(fault?.code == .tokenNotFound)

        let beside = try await open()
        #expect(try await beside.verifier.verify(issued.token).sub == users[0].id)
        try await accounts.revoke(issued.record.id, of: users[0].id)
        try await accounts.revoke(issued.record.id, of: users[0].id)
        try await beside.refreshRevoked()
        #expect(
            await #expect(throws: Fault.self) { try await beside.verifier.verify(issued.token) }?.code == .tokenRevoked)
        // The revocation is still there when the file is opened later.
        let later = try await open()
        #expect(
            await #expect(throws: Fault.self) { try await later.verifier.verify(issued.token) }?.code == .tokenRevoked)
        for accounts in [accounts, beside, later] { await accounts.close() }
    }

    @Test("Only the file's owner may read it, and it has neither passwords nor tokens")
    func secrets() async throws {
        let accounts = try await open()
        let password = try await accounts.addUser("ada")
        let token = try await accounts.issueToken(user: "ada", name: "x", days: 1)
        await accounts.close()
        let path = folder.file("gateway.db")
        let mode = try FileManager.default.attributesOfItem(atPath: path)[.posixPermissions] as? Int
        #expect(mode == 0o600)
        let bytes = try Data(contentsOf: URL(fileURLWithPath: path))
        #expect(bytes.range(of: Data(password.utf8)) == nil)
        #expect(bytes.range(of: Data(token.split(separator: ".")[2].utf8)) == nil)
    }

    @Test("A password is stored as scrypt with its parameters")
    func hash() throws {
        let hash = try PasswordHash("correct horse", cost: Site.cheap)
        #expect(hash.description.hasPrefix("$scrypt$ln=4,r=1,p=1$"))
        let read = try PasswordHash(parsing: hash.description)
        #expect(try read.matches("correct horse"))
        #expect(try !read.matches("correct horse "))
        #expect(try PasswordHash("correct horse", cost: Site.cheap).description != hash.description)
        #expect(PasswordHash.Cost.standard == .init(logRounds: 15, blockSize: 8, parallelism: 1))
        for text in ["", "$scrypt$", "$argon2$ln=4,r=1,p=1$AAAA$AAAA", "$scrypt$ln=99,r=1,p=1$AAAA$AAAA"] {
            #expect(throws: (any Error).self) { try PasswordHash(parsing: text) }
        }
    }
}

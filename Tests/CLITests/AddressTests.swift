import Foundation
import Messages
import TestSupport
import Testing

@testable import CLI

@Suite("Addresses, tokens and proxies as `wegent` takes them", .timeLimit(.minutes(2)))
struct AddressTests {
    private func wegent(_ arguments: [String], _ environment: [String: String] = [:], home: String = "/nonexistent")
        async throws -> (status: TestSupport.ExitStatus, errors: String)
    {
        let child = try ChildProcess(
            Binaries.wegent, arguments, environment: ["HOME": home].merging(environment) { $1 })
        return (try await child.exit(), child.stderr.text)
    }

    /// A server that lists no tasks, and the heads of its requests.
    private func server() throws -> (TinyServer, Heads) {
        let heads = Heads()
        let server = try TinyServer { connection in
            while let request = connection.request() {
                heads.add(request.head)
                connection.answer(200, body: #"{"items":[],"total":0,"next":null}"#)
            }
        }
        return (server, heads)
    }

    @Test(
        "A base URL may have double slashes, a path and an IPv4 address of any case",
        arguments: [("//", "/tasks"), ("/mesh//", "/mesh/tasks"), ("//a//b/", "/a/b/tasks"), ("", "/tasks")])
    func paths(suffix: String, path: String) async throws {
        let (server, heads) = try server()
        let run = try await wegent(["tasks", "--url", server.url + suffix, "--token", "t"])
        #expect(run.status == .exited(0), "\(run.errors)")
        #expect(heads.all.first?.hasPrefix("GET \(path)?") == true, "\(heads.all)")
        server.stop()
    }

    @Test(
        "White space around a token is dropped, from a flag, a variable and a file", arguments: ["tok\n", " tok\r\n"])
    func trimsToken(token: String) async throws {
        let (server, heads) = try server()
        let folder = try TemporaryDirectory()
        try PrivateFile.write(
            SavedConnection(url: server.url + "/", token: token, user: "ada", writtenBy: .login),
            to: Folders(environment: ["HOME": folder.path]).configuration)
        let address = ["tasks", "--url", server.url]
        _ = try await wegent(address + ["--token", token])
        _ = try await wegent(address, ["WEGENT_TOKEN": token])
        let saved = try await wegent(["tasks"], home: folder.path)
        #expect(saved.status == .exited(0), "\(saved.errors)")
        #expect(
            heads.all.count == 3 && heads.all.allSatisfy { ($0 + "\r\n").contains("Authorization: Bearer tok\r\n") },
            "\(heads.all)")
        server.stop()
    }

    @Test("What cannot be an address or a token is refused with the reason")
    func refuses() async throws {
        for (arguments, text) in [
            (["--url", "http://nosuch.invalid", "--token", "t"], "never exist"),
            (["--url", "http://::1:8787", "--token", "t"], "brackets"),
            (["--url", "localhost:8787", "--token", "t"], "begin with http://"),
            (["--url", "http://127.0.0.1:9", "--token", "to ken"], "the token has a space"),
        ] {
            let run = try await wegent(["tasks"] + arguments)
            #expect(run.status == .exited(1) && run.errors.contains(text), "\(run)")
        }
    }

    @Test("A whole mesh listens on an IPv6 address, with brackets or without", arguments: ["[::1]", "::1"])
    func ipv6(host: String) async throws {
        let up = try await UpProcess(["--allow-shell", "--host", host])
        #expect(up.url.hasPrefix("http://[::1]:"))
        let run = try await up.run(["run", "--agent", "shell", "echo hi"])
        #expect(run.status == .exited(0) && run.output == "hi\n", "\(run)")
        // The zone of an address of this machine itself.
        let zoned = try await up.run(["devices", "--url", up.url.replacing("::1", with: "::1%251")])
        #expect(zoned.status == .exited(0), "\(zoned)")
        try await up.process.stop()
    }

    @Test("The gateway listens on an IPv6 address in brackets")
    func gatewayIPv6() async throws {
        let folder = try TemporaryDirectory()
        let gateway = try ChildProcess(
            Binaries.gateway,
            [
                "--registry", "ipc://\(folder.file("registry"))", "--http", "[::1]:0", "--data", folder.file("data"),
            ])
        let ready = try JSONDecoder().decode(
            [String: String].self, from: Data(try await gateway.stdout.line("readiness").utf8))
        #expect(ready["url"]?.hasPrefix("http://[::1]:") == true)
        try await gateway.stop()
        for wrong in ["[::1]", "[::g]:80", "a..b:80", ":80"] {
            let refused = try ChildProcess(Binaries.gateway, ["--http", wrong, "--data", folder.file("data")])
            #expect(try await refused.exit() == .exited(64), "\(wrong)")
        }
    }

    @Test("A dead proxy is named as the proxy", arguments: ["http_proxy", "all_proxy"])
    func deadProxy(variable: String) async throws {
        let port = try FreePort.next()
        let arguments = ["tasks", "--url", "http://gateway.test", "--token", "t"]
        let dead = try await wegent(arguments, [variable: "http://127.0.0.1:\(port)"])
        #expect(dead.status == .exited(1))
        #expect(
            dead.errors.contains("the proxy http://127.0.0.1:\(port) (from \(variable))")
                && dead.errors.contains("cannot be reached"), "\(dead.errors)")
        let unknown = try await wegent(arguments, [variable: "http://proxy.test:1"])
        #expect(unknown.errors.contains("the proxy http://proxy.test:1 (from \(variable))"), "\(unknown.errors)")
    }

    @Test("A proxy that answers in place of the gateway is named")
    func proxyAnswers() async throws {
        let server = try TinyServer { connection in
            if connection.request() != nil { connection.answer(502, body: "<html>no</html>") }
        }
        let run = try await wegent(
            ["tasks", "--url", "http://gateway.test", "--token", "t"], ["http_proxy": server.url])
        #expect(run.errors.contains("the proxy \(server.url) (from http_proxy)"), "\(run.errors)")
        server.stop()
    }

    @Test("The wrong scheme and another kind of server are named")
    func wrongServer() async throws {
        let (server, _) = try server()
        let tls = try await wegent(["tasks", "--url", "https://127.0.0.1:\(server.port)", "--token", "t"])
        let sentence = "127.0.0.1:\(server.port) speaks HTTP, not HTTPS: begin the address with http://\n"
        #expect(tls.status == .exited(1) && tls.errors.hasSuffix(sentence), "\(tls.errors)")
        server.stop()
        let ssh = try TinyServer { connection in
            connection.write("SSH-2.0-OpenSSH_9.2\r\n")
            connection.untilClosed()
        }
        let plain = try await wegent(["tasks", "--url", ssh.url, "--token", "t"])
        #expect(plain.status == .exited(1) && plain.errors.contains(ssh.url), "\(plain.errors)")
        let secure = try await wegent(["tasks", "--url", "https://127.0.0.1:\(ssh.port)", "--token", "t"])
        #expect(secure.errors.contains("write http:// instead of https://"), "\(secure.errors)")
        ssh.stop()
    }

    @Test(
        "Plain HTTP against a TLS port names the right scheme",
        .enabled(if: FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl"), "no openssl"))
    func plainAgainstTLS() async throws {
        let (folder, port) = (try TemporaryDirectory(), try FreePort.next())
        let (key, certificate) = (folder.file("key"), folder.file("certificate"))
        let maker = try ChildProcess(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-subj",
                "/CN=localhost", "-keyout", key, "-out", certificate,
            ])
        #expect(try await maker.exit() == .exited(0))
        let server = try ChildProcess(
            "/usr/bin/openssl",
            ["s_server", "-accept", "127.0.0.1:\(port)", "-cert", certificate, "-key", key, "-www"])
        try await eventually("the server listens") { server.stdout.text.contains("ACCEPT") }
        let run = try await wegent(["tasks", "--url", "http://127.0.0.1:\(port)", "--token", "t"])
        let sentence = "127.0.0.1:\(port) speaks HTTPS, not HTTP: begin the address with https://\n"
        #expect(run.status == .exited(1) && run.errors.hasSuffix(sentence), "\(run.errors)")
        server.signal(SIGTERM)
        _ = try await server.exit()
    }
}

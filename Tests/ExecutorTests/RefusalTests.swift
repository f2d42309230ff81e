import Foundation
import Launch
import Messages
import TestSupport
import Testing

@testable import Executor

@Suite("A refusal that waiting does not heal ends the executor with 78, another does not", .timeLimit(.minutes(3)))
struct RefusalTests {
    private func launch(_ url: String, token: String = "t", _ environment: [String: String] = [:]) throws
        -> (process: ChildProcess, folder: TemporaryDirectory)
    {
        let folder = try TemporaryDirectory()
        let process = try ChildProcess(
            Binaries.executor,
            ["--home", folder.file("home"), "--device-id", "test", "--claude", folder.file("none")],
            environment: ["WEGENT_TOKEN": token, "WEGENT_BACKEND_URL": url, "HOME": folder.path]
                .merging(environment) { $1 })
        return (process, folder)
    }

    /// Starts the executor and returns its error once it has ended with 78.
    private func refusal(_ url: String, token: String = "t", _ environment: [String: String] = [:]) async throws
        -> String
    {
        let (process, folder) = try launch(url, token: token, environment)
        defer { withExtendedLifetime(folder) {} }
        #expect(try await process.exit() == .exited(78), "\(process.stderr.text)")
        return process.stderr.text
    }

    // MARK: Tokens

    @Test("White space around a token is dropped", arguments: ["tok\n", "tok\r\n", "\n tok \t\n"])
    func trimsToken(token: String) async throws {
        let gateway = try await ScriptedGateway.start()
        let (process, folder) = try launch(gateway.url, token: token)
        try await eventually("the upgrade") { !gateway.heads.isEmpty }
        #expect(gateway.heads.first?.headers.first(name: "authorization") == "Bearer tok")
        try await process.stop()
        let flag = try ExecutorProcess.launch(["--token", token], gateway, folder)
        try await eventually("the second upgrade") { gateway.heads.count > 1 }
        #expect(gateway.heads.last?.headers.first(name: "authorization") == "Bearer tok")
        try await flag.stop()
        await gateway.stop()
    }

    @Test("A token that no header can carry ends the start", arguments: ["tok\nen", "to ken", "t\u{f6}ken", " \n"])
    func badToken(token: String) async throws {
        let error = try await refusal("http://127.0.0.1:9", token: token)
        #expect(error.contains("token") && !error.contains(token), "\(error)")
    }

    // MARK: Addresses

    @Test(
        "A name that can never exist ends the start",
        arguments: ["http://nosuch.invalid", "http://a..b", "http://256.1.1.1:8787", "http://b\u{fc}cher.example"])
    func badName(url: String) async throws {
        let error = try await refusal(url)
        #expect(error.contains("the backend URL '\(url)' is not valid"), "\(error)")
    }

    @Test(
        "HTTP that refuses the path or is not a gateway's ends the start",
        arguments: [
            (404, "", "<html>no</html>", "check the path"),
            (
                404, "Content-Type: application/problem+json\r\n",
                #"{"code":"route_not_found","detail":"no such path"}"#,
                "check the path"
            ),
            (200, "", "<html>hello</html>", "answered 200"), (401, "", "", "answered 401"),
            (403, "", "", "answered 403"),
            (301, "Location: https://elsewhere.example/\r\n", "", "redirect to https://elsewhere.example/"),
        ])
    func foreignHTTP(status: Int, headers: String, body: String, text: String) async throws {
        let server = try TinyServer { connection in
            if connection.request() != nil { connection.answer(status, headers: headers, body: body) }
        }
        let error = try await refusal("\(server.url)/wrong")
        #expect(error.contains(text) && error.contains("127.0.0.1:\(server.port)"), "\(error)")
        server.stop()
    }

    @Test(
        "A server that does not speak HTTP ends the start",
        arguments: ["SSH-2.0-OpenSSH_9.2\r\n", "\u{1}\u{2}\u{3}\r\n"])
    func notHTTP(banner: String) async throws {
        let server = try TinyServer { connection in
            connection.write(banner)
            connection.untilClosed()
        }
        for scheme in ["http", "https"] {
            let error = try await refusal("\(scheme)://127.0.0.1:\(server.port)")
            #expect(error.contains("not HTTP") || error.contains("not answer with TLS"), "\(error)")
        }
        server.stop()
    }

    @Test("The port of the mesh in place of the gateway's ends the start")
    func meshPort() async throws {
        let folder = try TemporaryDirectory()
        let registry = try ChildProcess(
            Binaries.registry, ["--insecure-mesh", "--bind", "tcp://127.0.0.1:0", "--data", folder.file("data")])
        let ready = try JSONDecoder().decode(
            [String: String].self, from: Data(try await registry.stdout.line("readiness").utf8))
        let port = try #require(ready["endpoint"]?.split(separator: ":").last)
        let error = try await refusal("http://127.0.0.1:\(port)")
        #expect(error.contains("127.0.0.1:\(port)"), "\(error)")
        try await registry.stop()
    }

    @Test("TLS against a plain port names the right scheme")
    func tlsAgainstPlain() async throws {
        let gateway = try await ScriptedGateway.start()
        gateway.refuse(.init(status: .notFound, body: "{}"))
        let error = try await refusal("https://127.0.0.1:\(gateway.port)")
        #expect(error.contains("begin the backend URL with http://"), "\(error)")
        await gateway.stop()
        // One that closes without a word what it does not understand.
        let server = try TinyServer { connection in
            if connection.request()?.line.hasPrefix("GET ") == true { connection.answer(404) }
        }
        let other = try await refusal("https://127.0.0.1:\(server.port)")
        #expect(other.contains("begin the backend URL with http://"), "\(other)")
        server.stop()
    }

    @Test(
        "Plain HTTP against a TLS port names the right scheme", .enabled(if: TestCertificate.isPossible, "no openssl"))
    func plainAgainstTLS() async throws {
        let gateway = try await ScriptedGateway.start(tls: TestCertificate().server)
        gateway.refuse(.init(status: .notFound, body: "{}"))
        let error = try await refusal("http://127.0.0.1:\(gateway.port)")
        #expect(error.contains("begin the backend URL with https://"), "\(error)")
        await gateway.stop()
    }

    @Test("A registration that the registry refuses for good ends the start")
    func refusedRegistration() async throws {
        let gateway = try await ScriptedGateway.start()
        let (process, folder) = try launch(gateway.url)
        let connection = try await eventually("a connection") { gateway.connections.last }
        let header = try await eventually("the registration") { connection.header(DeviceRegister.type) }
        try connection.send(
            Fault(.invalidRequest, "a name has letters"), .failure, correlation: header.correlation)
        #expect(try await process.exit() == .exited(78))
        #expect(process.stderr.text.contains("the registration was refused: a name has letters"))
        withExtendedLifetime(folder) {}
        await gateway.stop()
    }

    // MARK: What may pass

    @Test("A server that is not ready is tried again, and named once", arguments: [502, 503, 429])
    func passes(status: Int) async throws {
        let tries = LockedCount()
        let server = try TinyServer { connection in
            guard connection.request() != nil else { return }
            tries.increase()
            connection.answer(status, body: "<html>later</html>")
        }
        let (process, folder) = try launch(server.url)
        try await eventually("four attempts") { tries.value >= 4 }
        #expect(process.ended == nil)
        let lines = process.stderr.lines.filter { $0.contains("not connected") }
        #expect(lines.count == 1 && lines.first?.contains("answered \(status)") == true, "\(lines)")
        try await process.stop()
        withExtendedLifetime(folder) {}
        server.stop()
    }

    @Test("A certificate that is not trusted is tried again", .enabled(if: TestCertificate.isPossible, "no openssl"))
    func untrusted() async throws {
        let gateway = try await ScriptedGateway.start(tls: TestCertificate().server)
        let (process, folder) = try launch("https://127.0.0.1:\(gateway.port)")
        let line = try await process.stderr.line("the warning") { $0.contains("not connected") }
        #expect(line.contains("certificate"), "\(line)")
        #expect(process.ended == nil)
        try await process.stop()
        withExtendedLifetime(folder) {}
        await gateway.stop()
    }

    @Test("After the first registration no refusal ends a running task", arguments: [404, 401, 200])
    func keepsTasks(status: Int) async throws {
        let device = try await DeviceUnderTest.start { $0.times.backoff = 0.01...0.02 }
        let task = try device.assign("while [ ! -e \(device.folder.file("go")) ]; do sleep 0.02; done")
        try await eventually("the start") { try !device.connection.all(TaskStarted.self).isEmpty }
        device.gateway.refuse(.init(status: .init(statusCode: status), body: "<html>no</html>"))
        let count = device.gateway.connections.count
        device.connection.cut()
        try await eventually("refused attempts") { device.gateway.refused >= 3 }
        device.gateway.refuse(nil)
        try await device.welcome(after: count, generation: 2)
        try device.folder.write("", to: "go")
        #expect(try await device.verdict(task).state == .completed)
        await device.stop()
    }
}

import Foundation
import Mesh
import Messages
import Storage
import TestSupport

@testable import Dispatcher

/// Dispatcher processes on one directory, and a scripted registry.
final class Site: Sendable {
    let folder: TemporaryDirectory
    let reactor = Reactor(name: "site", security: .insecureLoopback)
    let registry: ScriptedRegistry

    init() async throws {
        folder = try TemporaryDirectory()
        registry = try await ScriptedRegistry(
            reactor, devices: [Sample.device("box", star: true)], endpoint: "tcp://127.0.0.1:0")
    }

    /// - Parameter takeover: In seconds; low where a leader is frozen.
    func start(takeover: Double = 15, _ more: [String] = []) throws -> ChildProcess {
        try ChildProcess(
            Binaries.dispatcher,
            [
                "--insecure-mesh", "--registry", registry.endpoint, "--bind", "tcp://127.0.0.1:0", "--data",
                folder.file("data"),
                "--takeover-s", "\(takeover)",
            ] + more)
    }

    func gateway(_ endpoint: String) async throws -> ScriptedGateway {
        let gateway = ScriptedGateway(endpoint, reactor)
        _ = try await gateway.link.connected()
        return gateway
    }

    /// Freezes a leader within a write or outside of one: tries again until it is where it should be.
    func freeze(_ process: ChildProcess, inWrite: Bool) async throws {
        try await eventually("a leader that is frozen \(inWrite ? "within" : "outside of") a write") {
            process.signal(SIGSTOP)
            let writer = WriteLockHolder.process(path: folder.file("data/dispatcher.db"))
            if (writer == Int(process.pid)) == inWrite { return true }
            process.signal(SIGCONT)
            return false
        }
    }

    static func run(_ body: (Site) async throws -> Void) async throws {
        let site = try await Site()
        let result: Result<Void, any Error>
        do { result = .success(try await body(site)) } catch { result = .failure(error) }
        await site.registry.close()
        await site.reactor.shutdown()
        try result.get()
    }

    /// Waits until a process leads, and returns its endpoint.
    static func endpoint(_ process: ChildProcess) async throws -> String {
        let line = try await process.stdout.line("the endpoint") { $0.hasPrefix("{\"endpoint\":\"") }
        return String(line.dropFirst(13).dropLast(2))
    }
}

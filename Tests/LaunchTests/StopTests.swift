import Foundation
import Logging
import ServiceLifecycle
import Testing

@testable import Launch

/// Stops on a graceful shutdown unless it hangs; calls `onStart` when it runs.
private struct TestService: Service {
    var hangs: Bool
    var onStart: @Sendable () -> Void = {}
    var onStop: @Sendable () -> Void = {}

    func run() async throws {
        onStart()
        try? await gracefulShutdown()
        onStop()
        if hangs { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
    }
}

@Suite("Stopping a process", .timeLimit(.minutes(2)))
struct StopTests {
    @Test("One signal stops the services and the process exits normally")
    func once() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let service = TestService(hangs: false) { kill(getpid(), SIGTERM) }
            try await Launch.run([service], logger: Logger(label: "test"))
            exit(7)
        }
    }

    @Test("A second signal ends a process that hangs, at once")
    func twice() async {
        await #expect(processExitsWith: .exitCode(143)) {
            let service = TestService(hangs: true) {
                kill(getpid(), SIGINT)
            } onStop: {
                kill(getpid(), SIGTERM)
            }
            try await Launch.run([service], logger: Logger(label: "test"))
        }
    }

    @Test("A process that hangs exits after the bound")
    func bound() async {
        await #expect(processExitsWith: .exitCode(1)) {
            let signals = await StopSignals(
                bound: .seconds(1), logger: Logger(label: "test"), onForcedExit: {}, stop: {})
            kill(getpid(), SIGTERM)
            await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
            signals.cancel()
        }
    }

    @Test("A service that fails stops the others, and its error is thrown")
    func failure() async {
        struct Broken: Service {
            struct Failure: Error {}
            func run() async throws { throw Failure() }
        }
        await #expect(throws: Broken.Failure.self) {
            try await Launch.run([TestService(hangs: false), Broken()], logger: Logger(label: "test"))
        }
    }
}

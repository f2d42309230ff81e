import Foundation
import Logging
import ServiceLifecycle
import Testing

@testable import Launch

/// Ends when it is told to, or never; calls `onStart` when it runs.
private struct Stubborn: Service {
    var deaf: Bool
    var onStart: @Sendable () -> Void = {}
    var onStop: @Sendable () -> Void = {}

    func run() async throws {
        onStart()
        try? await gracefulShutdown()
        onStop()
        if deaf { await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in } }
    }
}

@Suite("Stopping a process", .timeLimit(.minutes(2)))
struct StopTests {
    @Test("One signal stops the services, and the process ends well")
    func once() async {
        await #expect(processExitsWith: .exitCode(7)) {
            let service = Stubborn(deaf: false) { kill(getpid(), SIGTERM) }
            try await Launch.run([service], logger: Logger(label: "test"))
            exit(7)
        }
    }

    @Test("A second signal ends a process that does not stop, at once")
    func twice() async {
        await #expect(processExitsWith: .exitCode(143)) {
            let service = Stubborn(deaf: true) {
                kill(getpid(), SIGINT)
            } onStop: {
                kill(getpid(), SIGTERM)
            }
            try await Launch.run([service], logger: Logger(label: "test"))
        }
    }

    @Test("A process that does not stop ends when its time is up")
    func bound() async {
        await #expect(processExitsWith: .exitCode(1)) {
            let signals = await StopSignals(bound: .seconds(1), logger: Logger(label: "test"), lastRites: {}, stop: {})
            kill(getpid(), SIGTERM)
            await withUnsafeContinuation { (_: UnsafeContinuation<Void, Never>) in }
            signals.cancel()
        }
    }

    @Test("A service that fails stops the others, and its error is the process's")
    func failure() async {
        struct Broken: Service {
            struct Failure: Error {}
            func run() async throws { throw Failure() }
        }
        await #expect(throws: Broken.Failure.self) {
            try await Launch.run([Stubborn(deaf: false), Broken()], logger: Logger(label: "test"))
        }
    }
}

import TestSupport
import Testing

@testable import Gateway

@Suite("Change signal")
struct ChangeSignalTests {
    private let signal = ChangeSignal()
    private var later: ContinuousClock.Instant { .now + .seconds(60) }

    @Test("A change between the look and the wait is not missed")
    func noLostChange() async throws {
        let version = signal.version
        signal.signal()
        try await deadline("the change", .seconds(20)) { [signal, later] in
            await signal.wait(after: version, until: later)
        }
    }

    @Test("A change, the end of the time, a cancel and the close resume a waiter")
    func resumes() async throws {
        try await deadline("every waiter", .seconds(20)) { [signal, later] in
            async let change: Void = signal.wait(after: signal.version, until: later)
            try await Task.sleep(for: .milliseconds(20))
            signal.signal()
            await change
            await signal.wait(after: signal.version, until: .now + .milliseconds(20))
            let cancelled = Task { await signal.wait(after: signal.version, until: later) }
            cancelled.cancel()
            await cancelled.value
            async let closed: Void = signal.wait(after: signal.version, until: later)
            try await Task.sleep(for: .milliseconds(20))
            signal.close()
            await closed
            await signal.wait(after: signal.version, until: later)
        }
    }
}

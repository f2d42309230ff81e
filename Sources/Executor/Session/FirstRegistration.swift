import Launch
import Messages
import Synchronization

/// The result of the first registration, which the executor's start waits for.
final class FirstRegistration: Sendable {
    private struct State {
        var result: Result<DeviceRegistered, any Error>?
        var continuations: [CheckedContinuation<DeviceRegistered, any Error>] = []
    }

    private let state = Mutex(State())

    /// Returns the result once there is one. A cancelled caller ends it for all with `CancellationError`.
    /// - Throws: ``Misconfiguration`` for a refusal that waiting does not heal.
    func value() async throws -> DeviceRegistered {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let result = state.withLock { state in
                    if state.result == nil { state.continuations.append(continuation) }
                    return state.result
                }
                if let result { continuation.resume(with: result) }
            }
        } onCancel: {
            resolve(.failure(CancellationError()))
        }
    }

    /// Sets the result and resumes the callers of ``value()``; without effect once there is a result.
    func resolve(_ result: Result<DeviceRegistered, any Error>) {
        let result = result.mapError { error in (error as? Fault).map(Misconfiguration.init) ?? error }
        let continuations = state.withLock { state in
            guard state.result == nil else { return [CheckedContinuation<DeviceRegistered, any Error>]() }
            state.result = result
            defer { state.continuations = [] }
            return state.continuations
        }
        for continuation in continuations { continuation.resume(with: result) }
    }
}

import Hummingbird
import Messages
import Synchronization

/// The drain of a stopping gateway: requests in flight are answered, new ones are refused. Callable from any thread.
final class Drain: Sendable {
    private struct State {
        var isOn = false
        var inFlight = 0
        var waiter: CheckedContinuation<Void, Never>?

        mutating func takeWaiter() -> CheckedContinuation<Void, Never>? {
            defer { waiter = nil }
            return waiter
        }
    }
    private let state = Mutex(State())

    /// Whether it has begun.
    var isOn: Bool { state.withLock { $0.isOn } }

    /// Whether requests are in flight.
    var isBusy: Bool { state.withLock { $0.inFlight > 0 } }

    /// Counts a request that begins; false = it must be refused.
    func enter() -> Bool {
        state.withLock { state in
            guard !state.isOn else { return false }
            state.inFlight += 1
            return true
        }
    }

    /// Records that a counted request is answered.
    func leave() {
        let waiter = state.withLock { state in
            state.inFlight -= 1
            return state.inFlight == 0 ? state.takeWaiter() : nil
        }
        waiter?.resume()
    }

    /// Begins: from now on ``enter()`` refuses.
    func begin() { state.withLock { $0.isOn = true } }

    /// Begins, and returns when no request is in flight, or after `limit`. Called once.
    func run(within limit: Duration) async {
        let timer = Task {
            try? await Task.sleep(for: limit)
            state.withLock { $0.takeWaiter() }?.resume()
        }
        await withCheckedContinuation { continuation in
            let isDone = state.withLock { state in
                state.isOn = true
                guard state.inFlight > 0 else { return true }
                state.waiter = continuation
                return false
            }
            if isDone { continuation.resume() }
        }
        timer.cancel()
    }
}

/// Refuses requests while the gateway drains.
struct DrainMiddleware: RouterMiddleware {
    let drain: Drain
    /// The paths that are answered during a drain.
    let exempt: Set<String>

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        if exempt.contains(request.uri.path) { return try await next(request, context) }
        guard drain.enter() else {
            throw Fault(.draining, "this gateway is stopping; use another one, or try again in a second")
        }
        defer { drain.leave() }
        return try await next(request, context)
    }
}

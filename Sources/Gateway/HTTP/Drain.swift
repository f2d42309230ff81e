import Hummingbird
import Messages
import Synchronization

/// The end of a gateway: requests that are under way are answered, new ones are sent elsewhere. Callable from any thread.
final class Drain: Sendable {
    private struct State {
        var isOn = false
        var underWay = 0
        var waiter: CheckedContinuation<Void, Never>?

        mutating func takeWaiter() -> CheckedContinuation<Void, Never>? {
            defer { waiter = nil }
            return waiter
        }
    }
    private let state = Mutex(State())

    /// Whether it has begun.
    var isOn: Bool { state.withLock { $0.isOn } }

    /// Whether requests are under way.
    var isBusy: Bool { state.withLock { $0.underWay > 0 } }

    /// A request begins; false = it is to be sent elsewhere.
    func enter() -> Bool {
        state.withLock { state in
            guard !state.isOn else { return false }
            state.underWay += 1
            return true
        }
    }

    /// A request that was let in is answered.
    func leave() {
        let waiter = state.withLock { state in
            state.underWay -= 1
            return state.underWay == 0 ? state.takeWaiter() : nil
        }
        waiter?.resume()
    }

    /// Begins: from now on new requests are sent elsewhere.
    func begin() { state.withLock { $0.isOn = true } }

    /// Begins, and returns when nothing is under way, or after `limit`. Called once.
    func run(within limit: Duration) async {
        let alarm = Task {
            try? await Task.sleep(for: limit)
            state.withLock { $0.takeWaiter() }?.resume()
        }
        await withCheckedContinuation { caller in
            let now = state.withLock { state in
                state.isOn = true
                guard state.underWay > 0 else { return true }
                state.waiter = caller
                return false
            }
            if now { caller.resume() }
        }
        alarm.cancel()
    }
}

/// Lets requests in until the gateway drains.
struct DrainMiddleware: RouterMiddleware {
    let drain: Drain

    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        // Those who ask how it is must be told.
        if HealthRoutes.paths.contains(request.uri.path) { return try await next(request, context) }
        guard drain.enter() else {
            throw Fault(.draining, "this gateway is stopping; ask another one, or again in a second")
        }
        defer { drain.leave() }
        return try await next(request, context)
    }
}

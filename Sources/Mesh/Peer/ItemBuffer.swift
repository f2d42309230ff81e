import DequeModule
import Messages
import Synchronization

/// Between a subscription and the loop that takes its items: holds as many as there is credit, gives credit back
/// as items are taken, and cancels when nobody can take any more.
final class ItemBuffer<Item: Sendable>: Sendable {
    private struct State {
        var items: Deque<Item> = []
        var end: Result<Void, any Error>?
        var waiter: CheckedContinuation<Item?, any Error>?
        var taken: UInt32 = 0
    }

    private let state = Mutex(State())
    private let subscription = Mutex<Subscription?>(nil)
    /// Credit goes back in quarters, else each item would cost a message.
    private let portion: UInt32

    init(credit: UInt32) { portion = max(1, credit / 4) }

    deinit { subscription.withLock { $0 }?.cancel() }

    func open(_ subscription: Subscription) { self.subscription.withLock { $0 = subscription } }

    /// Takes an item from the subscription.
    func add(_ item: Item) {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            if state.waiter == nil { state.items.append(item) }
            return state.waiter
        }
        guard let waiter else { return }
        waiter.resume(returning: item)
        giveBack()
    }

    /// The subscription has ended; what is held is still handed out.
    func end(_ fault: Fault?) { end(fault.map { .failure($0) } ?? .success(())) }

    private func end(_ result: Result<Void, any Error>) {
        let waiter = state.withLock { state in
            defer { state.waiter = nil }
            state.end = state.end ?? result
            return state.waiter
        }
        waiter?.resume(with: result.map { nil })
    }

    /// The next item; nil at the end.
    /// - Throws: ``Fault`` of the subscription, or `CancellationError`.
    func next() async throws -> Item? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (ready, given): (Result<Item?, any Error>?, Bool) = state.withLock { state in
                    if let item = state.items.popFirst() { return (.success(item), true) }
                    if let end = state.end { return (end.map { nil }, false) }
                    state.waiter = continuation
                    return (nil, false)
                }
                if given { giveBack() }
                if let ready { continuation.resume(with: ready) }
            }
        } onCancel: {
            subscription.withLock { $0 }?.cancel()
            end(.failure(CancellationError()))
        }
    }

    private func giveBack() {
        let due = state.withLock { state -> UInt32 in
            state.taken += 1
            guard state.taken >= portion else { return 0 }
            defer { state.taken = 0 }
            return state.taken
        }
        if due > 0 { subscription.withLock { $0 }?.grant(due) }
    }
}

import DequeModule
import Messages
import Synchronization

/// Buffers items between a subscription and the loop that consumes them. It holds at most as many as there is credit,
/// grants credit as items are consumed, and cancels the subscription when it is released.
final class ItemBuffer<Item: Sendable>: Sendable {
    private struct State {
        var items: Deque<Item> = []
        var end: Result<Void, any Error>?
        var continuation: CheckedContinuation<Item?, any Error>?
        /// Items consumed since credit was last granted.
        var consumed: UInt32 = 0
    }

    private let state = Mutex(State())
    private let subscription = Mutex<Subscription?>(nil)
    /// Credit is granted a quarter at a time, so that not every item costs a message.
    private let portion: UInt32

    init(credit: UInt32) { portion = max(1, credit / 4) }

    deinit { subscription.withLock { $0 }?.cancel() }

    func open(_ subscription: Subscription) { self.subscription.withLock { $0 = subscription } }

    /// Adds an item from the subscription.
    func add(_ item: Item) {
        let continuation = state.withLock { state in
            defer { state.continuation = nil }
            if state.continuation == nil { state.items.append(item) }
            return state.continuation
        }
        guard let continuation else { return }
        continuation.resume(returning: item)
        grantConsumed()
    }

    /// Records the subscription's end; buffered items can still be consumed.
    func end(_ fault: Fault?) { end(fault.map { .failure($0) } ?? .success(())) }

    private func end(_ result: Result<Void, any Error>) {
        let continuation = state.withLock { state in
            defer { state.continuation = nil }
            state.end = state.end ?? result
            return state.continuation
        }
        continuation?.resume(with: result.map { nil })
    }

    /// Returns the next item; nil at the end.
    /// - Throws: ``Fault`` of the subscription, or `CancellationError`.
    func next() async throws -> Item? {
        try await withTaskCancellationHandler {
            try await withCheckedThrowingContinuation { continuation in
                let (ready, isItem): (Result<Item?, any Error>?, Bool) = state.withLock { state in
                    if let item = state.items.popFirst() { return (.success(item), true) }
                    if let end = state.end { return (end.map { nil }, false) }
                    state.continuation = continuation
                    return (nil, false)
                }
                if isItem { grantConsumed() }
                if let ready { continuation.resume(with: ready) }
            }
        } onCancel: {
            subscription.withLock { $0 }?.cancel()
            end(.failure(CancellationError()))
        }
    }

    private func grantConsumed() {
        let due = state.withLock { state -> UInt32 in
            state.consumed += 1
            guard state.consumed >= portion else { return 0 }
            defer { state.consumed = 0 }
            return state.consumed
        }
        if due > 0 { subscription.withLock { $0 }?.grant(due) }
    }
}

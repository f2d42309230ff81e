import Synchronization

/// A queue from callbacks to one reader, which takes everything there is at once: a wake-up a batch and not an item.
///
/// Bounded: over `limit` items ``post(_:)`` refuses and the caller ends what it feeds from.
final class Inbox<Element: Sendable>: Sendable {
    private struct State {
        var items: [Element] = []
        var ended = false
        var waiter: CheckedContinuation<[Element]?, Never>?
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Adds an item.
    /// - Returns: false when it was refused: the queue is full or has ended.
    @discardableResult
    func post(_ item: Element) -> Bool {
        let (accepted, wake) = state.withLock { state -> (Bool, CheckedContinuation<[Element]?, Never>?) in
            guard !state.ended, state.items.count < limit else { return (false, nil) }
            if let waiter = state.waiter {
                state.waiter = nil
                return (true, waiter)
            }
            state.items.append(item)
            return (true, nil)
        }
        wake?.resume(returning: [item])
        return accepted
    }

    /// Adds a last item, whatever the limit, and ends the queue; without effect when it has ended.
    func end(_ item: Element) {
        let wake = state.withLock { state -> CheckedContinuation<[Element]?, Never>? in
            guard !state.ended else { return nil }
            state.ended = true
            if let waiter = state.waiter {
                state.waiter = nil
                return waiter
            }
            state.items.append(item)
            return nil
        }
        wake?.resume(returning: [item])
    }

    /// Everything there is, as soon as there is something; nil once it has ended and was read.
    func next() async -> [Element]? {
        await withCheckedContinuation { continuation in
            let ready: [Element]?? = state.withLock { state in
                if !state.items.isEmpty {
                    defer { state.items = [] }
                    return .some(state.items)
                }
                if state.ended { return .some(nil) }
                state.waiter = continuation
                return nil
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }
}

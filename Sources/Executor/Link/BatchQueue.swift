import Synchronization

/// A queue from callbacks to one reader, which takes all items at once: one wake-up for a batch instead of one an item.
///
/// Bounded: over `limit` items ``post(_:)`` refuses, and the caller ends its source.
final class BatchQueue<Element: Sendable>: Sendable {
    private struct State {
        var items: [Element] = []
        var ended = false
        var continuation: CheckedContinuation<[Element]?, Never>?
    }

    private let state = Mutex(State())
    private let limit: Int

    init(limit: Int) { self.limit = limit }

    /// Adds an item.
    /// - Returns: false when it was refused: the queue is full or has ended.
    @discardableResult
    func post(_ item: Element) -> Bool {
        let (accepted, reader) = state.withLock { state -> (Bool, CheckedContinuation<[Element]?, Never>?) in
            guard !state.ended, state.items.count < limit else { return (false, nil) }
            if let reader = state.continuation {
                state.continuation = nil
                return (true, reader)
            }
            state.items.append(item)
            return (true, nil)
        }
        reader?.resume(returning: [item])
        return accepted
    }

    /// Adds a last item, whatever the limit, and ends the queue; without effect when it has ended.
    func end(_ item: Element) {
        let reader = state.withLock { state -> CheckedContinuation<[Element]?, Never>? in
            guard !state.ended else { return nil }
            state.ended = true
            if let reader = state.continuation {
                state.continuation = nil
                return reader
            }
            state.items.append(item)
            return nil
        }
        reader?.resume(returning: [item])
    }

    /// Returns all items as soon as there are some; nil once the queue has ended and was read.
    func next() async -> [Element]? {
        await withCheckedContinuation { continuation in
            let ready: [Element]?? = state.withLock { state in
                if !state.items.isEmpty {
                    defer { state.items = [] }
                    return .some(state.items)
                }
                if state.ended { return .some(nil) }
                state.continuation = continuation
                return nil
            }
            if let ready { continuation.resume(returning: ready) }
        }
    }
}

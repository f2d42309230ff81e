import Synchronization

/// Gives the keys of a chat's terminal to an open question, else to the message that is being typed.
///
/// A person who types a message while a question appears does not answer it: the question gets keys only after ``pause``
/// without any.
final class ChatKeys: KeySource {
    static let pause: Duration = .seconds(1)

    private struct State {
        var question: (keys: @Sendable ([UInt8]) -> Void, continued: @Sendable () -> Void)?
        var isTaken = false
        var lastKey: ContinuousClock.Instant
    }

    private let state = Mutex(State(lastKey: .now))

    func begin(_ onKeys: @escaping @Sendable ([UInt8]) -> Void, continued: @escaping @Sendable () -> Void) -> Bool {
        state.withLock { state in
            if state.question == nil { state.isTaken = false }
            state.question = (onKeys, continued)
            return true
        }
    }

    func end() { state.withLock { $0.question = nil } }

    /// Takes the bytes of a read.
    /// - Returns: Whether a question got them.
    func take(_ bytes: [UInt8], at time: ContinuousClock.Instant = .now) -> Bool {
        let question = state.withLock { state in
            defer { state.lastKey = time }
            guard let question = state.question else { return nil as (@Sendable ([UInt8]) -> Void)? }
            if time - state.lastKey >= Self.pause { state.isTaken = true }
            return state.isTaken ? question.keys : nil
        }
        question?(bytes)
        return question != nil
    }

    /// Whether an open question would not get a key, since the person is typing a message.
    func isTyping(at time: ContinuousClock.Instant = .now) -> Bool {
        state.withLock { !$0.isTaken && time - $0.lastKey < Self.pause }
    }

    /// Reports that the process runs again after a stop.
    func continued() { state.withLock { $0.question?.continued }?() }
}

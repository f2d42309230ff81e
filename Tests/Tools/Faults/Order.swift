import Synchronization
import TestClient

/// A task that was asked for: the job, what was answered, and who watches.
final class Order: Sendable {
    private struct State {
        var id: String?
        var followers: [Follower] = []
        var refused: String?
        var cancelAsked = false
        var cancelAnswered: Duration?
    }

    let job: Job
    let chosen: Chosen
    private let state = Mutex(State())

    init(_ job: Job, _ chosen: Chosen = Chosen()) {
        self.job = job
        self.chosen = chosen
    }

    /// The task's id, once it was accepted.
    var id: String? { state.withLock { $0.id } }
    /// Why it was refused for good.
    var refused: String? { state.withLock { $0.refused } }
    var followers: [Follower] { state.withLock { $0.followers } }
    /// Whether somebody asked for its end.
    var cancelAsked: Bool { state.withLock { $0.cancelAsked } }
    /// The first follower, which began at 0.
    var follower: Follower? { state.withLock { $0.followers.first } }

    func accepted(_ id: String, _ follower: Follower) {
        state.withLock {
            $0.id = id
            $0.followers.append(follower)
        }
    }

    func refuse(_ why: String) { state.withLock { $0.refused = why } }
    func join(_ follower: Follower) { state.withLock { $0.followers.append(follower) } }
    func cancelling() { state.withLock { $0.cancelAsked = true } }

    /// Whether a task was made of it and all who watch have seen its end.
    var isDone: Bool { refused != nil || id != nil && followers.allSatisfy(\.isDone) }
}

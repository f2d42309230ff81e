import Synchronization
import TestClient

/// A submission: the job, the answer, and the followers of its task.
final class Submission: Sendable {
    private struct State {
        var id: String?
        var followers: [Follower] = []
        var refusal: String?
        var isCancelRequested = false
    }

    let job: Job
    let choices: TaskChoices
    private let state = Mutex(State())

    init(_ job: Job, _ choices: TaskChoices = TaskChoices()) {
        self.job = job
        self.choices = choices
    }

    /// The task's id, once it was accepted.
    var id: String? { state.withLock { $0.id } }
    /// Why it was finally refused.
    var refusal: String? { state.withLock { $0.refusal } }
    var followers: [Follower] { state.withLock { $0.followers } }
    /// Whether its cancellation was requested.
    var isCancelRequested: Bool { state.withLock { $0.isCancelRequested } }
    /// The first follower, which started at 0.
    var follower: Follower? { state.withLock { $0.followers.first } }

    func accepted(_ id: String, _ follower: Follower) {
        state.withLock {
            $0.id = id
            $0.followers.append(follower)
        }
    }

    func refuse(_ reason: String) { state.withLock { $0.refusal = reason } }
    func add(_ follower: Follower) { state.withLock { $0.followers.append(follower) } }
    func requestCancel() { state.withLock { $0.isCancelRequested = true } }

    /// Whether it was refused, or all its followers have received the end.
    var isDone: Bool { refusal != nil || id != nil && followers.allSatisfy(\.isDone) }
}

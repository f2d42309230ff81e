import Dispatch

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Processes that belong together: what a child leads as a group and a session, what carries the mark wherever it
/// went (`setsid`, a daemon's double fork), and what any of those has started.
///
/// What clears its environment *and* loses its parents before anybody looks is not found. On systems without `/proc`
/// only the group is.
struct ProcessTree: Hashable, Sendable {
    /// Which marks count.
    enum Marks: Hashable, Sendable {
        case none
        /// That of one child.
        case one(ProcessMark)
        /// Those of earlier lives of an executor, whatever the attempt.
        case boots(Set<String>)

        func contain(_ mark: ProcessMark) -> Bool {
            switch self {
            case .none: false
            case .one(let one): one == mark
            case .boots(let boots): boots.contains(mark.boot)
            }
        }
    }

    /// The child itself, whose number is that of its group and session; nil when only marks tell.
    let leader: ProcessEntry.Key?
    let marks: Marks

    /// How long processes are hunted after the grace; what still runs then cannot be killed (it hangs in the kernel, or
    /// forks faster than it dies).
    static let bound = Duration.seconds(5)

    /// Which of the processes are meant.
    enum Scope: Sendable {
        case everything
        /// Only those that are in another group than the leader.
        case strays
    }

    /// The table is read, and a fast forker is chased, on threads of their own: those that tasks share may all be busy.
    private static let queue = DispatchQueue(label: "process-hunt", qos: .userInitiated, attributes: .concurrent)

    /// Asks what is there to end, waits up to `grace` seconds, and kills what is left until nothing is.
    /// - Returns: whether nothing is left.
    @discardableResult
    func end(grace: Double, _ scope: Scope = .everything) async -> Bool {
        let (isGone, hunt) = await watch(within: grace, scope) { $0.ask() }
        if isGone { return true }
        return await Self.away { Self.kill(hunt) }
    }

    /// Whether the processes are gone within `seconds`. The kernel tells nobody when a group becomes empty, so it is asked.
    func isGone(within seconds: Double) async -> Bool { await watch(within: seconds, .everything) { _ in }.isGone }

    private func watch(
        within seconds: Double, _ scope: Scope, each: @escaping @Sendable (inout ProcessHunt) -> Void
    ) async -> (isGone: Bool, hunt: ProcessHunt) {
        let deadline = ContinuousClock.now + .seconds(seconds)
        var hunt = ProcessHunt(tree: self, scope: scope)
        var pause = Duration.milliseconds(2)
        while true {
            let before = hunt
            let isLeft: Bool
            (isLeft, hunt) = await Self.away {
                var hunt = before
                let isLeft = hunt.look()
                if isLeft, ContinuousClock.now < deadline { each(&hunt) }
                return (isLeft, hunt)
            }
            guard isLeft else { return (true, hunt) }
            guard ContinuousClock.now < deadline else { return (false, hunt) }
            let next = pause
            // In a task of its own: a caller that was cancelled still wants the processes dead, and politely.
            await Task.detached { try? await Task.sleep(for: next) }.value
            pause = min(pause * 2, .milliseconds(50))
        }
    }

    private static func kill(_ found: ProcessHunt) -> Bool {
        var hunt = found
        let end = ContinuousClock.now + bound
        while hunt.look() {
            guard ContinuousClock.now < end else { return hunt.quarry.isEmpty }
            hunt.kill()
            hunt.freeze()
            usleep(1000)
        }
        return true
    }

    private static func away<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await withCheckedContinuation { done in queue.async { done.resume(returning: body()) } }
    }
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Processes that belong together: the group and session of a child, processes with its mark wherever they went
/// (`setsid`, a daemon's double fork), and everything that any of those has started.
///
/// A process that clears its environment *and* loses its parents before a look is not found. On systems without `/proc`
/// only the group is found.
struct ProcessTree: Hashable, Sendable {
    /// The marks by which processes belong to the tree.
    enum Marks: Hashable, Sendable {
        case none
        /// That of one child.
        case one(ProcessMark)
        /// Those of previous runs of an executor, for any attempt.
        case boots(Set<String>)

        func contain(_ mark: ProcessMark) -> Bool {
            switch self {
            case .none: false
            case .one(let one): one == mark
            case .boots(let boots): boots.contains(mark.boot)
            }
        }
    }

    /// The child itself, with the id of its group and session; nil when only marks count.
    let leader: ProcessEntry.Key?
    let marks: Marks

    /// How long the kill is repeated after the grace. What still runs then cannot be killed: it hangs in the kernel, or
    /// forks faster than it is killed.
    static let killTimeout = Duration.seconds(5)

    /// The processes that a call is about.
    enum Scope: Sendable {
        case everything
        /// Only those outside the leader's group.
        case strays
    }

    /// Sends SIGTERM to everything, waits up to `grace` seconds, and kills what is left.
    /// - Returns: whether nothing is left.
    @discardableResult
    func end(grace: Double, _ scope: Scope = .everything) async -> Bool {
        let (isGone, search) = await watch(within: grace, scope, insists: false) { $0.signal() }
        if isGone { return true }
        return await Self.onThread { Self.kill(search) }
    }

    /// Returns whether the processes are gone within `seconds`. The kernel reports no empty group, so this polls. Where
    /// nothing is seen at the end but something may have been missed, it looks on until one of both is certain.
    func isGone(within seconds: Double) async -> Bool {
        await watch(within: seconds, .everything, insists: true) { _ in }.isGone
    }

    private func watch(
        within seconds: Double, _ scope: Scope, insists: Bool,
        each: @escaping @Sendable (inout ProcessSearch) -> Void
    ) async -> (isGone: Bool, search: ProcessSearch) {
        let deadline = ContinuousClock.now + .seconds(seconds)
        var search = ProcessSearch(tree: self, scope: scope)
        var pause = Duration.milliseconds(2)
        while true {
            let before = search
            let isLeft: Bool
            (isLeft, search) = await Self.onThread {
                var search = before
                let isLeft = search.look()
                if isLeft, ContinuousClock.now < deadline { each(&search) }
                return (isLeft, search)
            }
            guard isLeft else { return (true, search) }
            guard ContinuousClock.now < deadline || (insists && search.isUnsure) else { return (false, search) }
            let next = pause
            // In a task of its own: a caller that was cancelled still needs the grace.
            await Task.detached { try? await Task.sleep(for: next) }.value
            pause = min(pause * 2, .milliseconds(50))
        }
    }

    private static func kill(_ before: ProcessSearch) -> Bool {
        var search = before
        let end = ContinuousClock.now + killTimeout
        while search.look() {
            guard ContinuousClock.now < end else { return search.found.isEmpty }
            search.kill()
            search.freeze()
            usleep(1000)
        }
        return true
    }

    /// Searches run on threads of their own: the threads that Swift tasks share may all be busy.
    private static func onThread<Value: Sendable>(_ body: @escaping @Sendable () -> Value) async -> Value {
        await ProcessThreads.searches.run(body)
    }
}

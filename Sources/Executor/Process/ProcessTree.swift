#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The processes of one child: what it leads as a group and a session, what carries its mark wherever it went
/// (`setsid`, a daemon's double fork), and what any of those has started.
///
/// What clears its environment *and* loses its parents before anybody looks is not found. On systems without `/proc`
/// only the group is.
struct ProcessTree: Hashable, Sendable {
    /// The child itself, whose number is that of its group and session.
    let leader: ProcessEntry.Key
    let mark: ProcessMark?

    /// How long processes are hunted after the grace; what still runs then cannot be killed (it hangs in the kernel, or
    /// forks faster than it dies).
    static let bound = Duration.seconds(5)

    /// Which of the processes are meant.
    enum Scope: Sendable {
        case everything
        /// Only those that are in another group than the leader.
        case strays
    }

    /// Asks what is there to end, waits up to `grace` seconds, and kills what is left until nothing is.
    /// - Returns: whether nothing is left.
    @discardableResult
    func end(grace: Double, _ scope: Scope = .everything) async -> Bool {
        var hunt = ProcessHunt(tree: self, scope: scope)
        let clock = ContinuousClock()
        let polite = clock.now + .seconds(grace)
        var pause = Duration.milliseconds(2)
        while hunt.look() {
            let now = clock.now
            guard now < polite + Self.bound else { return false }
            if now < polite {
                hunt.ask()
            } else {
                hunt.kill()
                pause = .milliseconds(2)
            }
            await Self.sleep(pause)
            pause = min(pause * 2, .milliseconds(50))
        }
        return true
    }

    /// Whether the processes are gone within `seconds`. The kernel tells nobody when a group becomes empty, so it is asked.
    func isGone(within seconds: Double) async -> Bool {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(seconds)
        var hunt = ProcessHunt(tree: self, scope: .everything)
        var pause = Duration.milliseconds(2)
        while hunt.look() {
            guard clock.now < deadline else { return false }
            await Self.sleep(pause)
            pause = min(pause * 2, .milliseconds(50))
        }
        return true
    }

    // In a task of its own: a caller that was cancelled still wants the processes dead, and politely.
    private static func sleep(_ pause: Duration) async {
        await Task.detached { try? await Task.sleep(for: pause) }.value
    }
}

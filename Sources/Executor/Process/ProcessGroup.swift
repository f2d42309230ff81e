#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The processes of one child: it leads its own session and group, and whatever it starts belongs to it until it
/// leaves on purpose (`setsid`).
struct ProcessGroup: Hashable, Sendable {
    /// The group's number, which is its leader's process id.
    let id: Int32

    /// Whether a process of the group is left (a zombie that was not waited for counts).
    var exists: Bool { kill(-id, 0) == 0 || errno == EPERM }

    /// Sends a signal to every process of the group.
    func signal(_ number: Int32) { kill(-id, number) }

    /// Asks the group to end, waits up to `grace` seconds, and kills what is left.
    func end(grace: Double) async {
        guard exists else { return }
        signal(SIGTERM)
        // A stopped process acts on the signal only when it goes on.
        signal(SIGCONT)
        if await isGone(within: grace) { return }
        signal(SIGKILL)
        _ = await isGone(within: 1)
    }

    /// Whether the group is gone within `seconds`. The kernel tells nobody when a group becomes empty, so it is asked.
    func isGone(within seconds: Double) async -> Bool {
        let clock = ContinuousClock()
        let deadline = clock.now + .seconds(seconds)
        var pause = Duration.milliseconds(2)
        while exists {
            guard clock.now < deadline else { return false }
            // A cancelled caller still wants the group dead: then this is a busy loop of a few milliseconds at most.
            try? await Task.sleep(for: pause)
            if Task.isCancelled { await Task.yield() }
            pause = min(pause * 2, .milliseconds(50))
        }
        return true
    }
}

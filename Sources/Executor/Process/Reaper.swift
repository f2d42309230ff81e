import CSpawn
import Synchronization

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Starts this process's children and collects them: the only caller of `waitpid`, so that an exit status is taken once.
///
/// A thread waits for the ends of all children through their pidfds. A program whose children all come from here may
/// also adopt orphans (``adoptOrphans()``).
final class Reaper: Sendable {
    static let shared = Reaper()

    private struct Running {
        var exit: ChildExit
        /// Its pidfd; -1 = a thread of its own waits for it.
        var watch: Int32
    }

    private struct State {
        var running: [Int32: Running] = [:]
        /// Starts under way: their children may end before they are in `running`.
        var starting = 0
        /// Ends that arrived during a start, of its child or of an orphan. Empty while nothing is being started.
        var unclaimed: [Int32: ExitStatus] = [:]
        var adopts = false
    }

    private let state = Mutex(State())
    /// The epoll of the pidfds; -1 = the system has none.
    private let watches: Int32

    /// The wait between two looks for orphans while there is no child at all, in microseconds.
    private static let idle: UInt32 = 500_000

    private init() {
        var watches = wegent_watches_new()
        if watches >= 0, !ProcessThreads.start({ Self.shared.watch() }) {
            close(watches)
            watches = -1
        }
        self.watches = watches
    }

    /// Starts a child, blocking until its program runs.
    /// - Throws: ``SpawnFailure``; then nothing runs.
    func start(_ plan: inout wegent_plan) throws -> (pid: Int32, exit: ChildExit) {
        state.withLock { $0.starting += 1 }
        let started = wegent_start(&plan)
        let exit = ChildExit()
        let early = state.withLock { state in
            state.starting -= 1
            defer { if state.starting == 0 { state.unclaimed = [:] } }
            guard started.pid > 0 else { return ExitStatus?.none }
            if let status = state.unclaimed.removeValue(forKey: started.pid), Self.isCollected(started.pid) {
                return status
            }
            state.running[started.pid] = Running(exit: exit, watch: started.watch)
            return nil
        }
        if let step = SpawnFailure.Step(started.step) { throw SpawnFailure(step: step, error: started.error) }
        if let early {
            if started.watch >= 0 { close(started.watch) }
            exit.set(early)
        } else {
            try follow(started)
        }
        return (started.pid, exit)
    }

    /// Whether no child with this id exists any more.
    private static func isCollected(_ pid: Int32) -> Bool {
        var info = siginfo_t()
        return waitid(P_PID, id_t(pid), &info, WEXITED | WNOHANG | WNOWAIT) != 0 && errno == ECHILD
    }

    private func follow(_ started: wegent_started) throws {
        let (pid, watch) = (started.pid, started.watch)
        if watches >= 0, watch >= 0, wegent_watches_add(watches, watch, pid) == 0 { return }
        guard !state.withLock({ $0.adopts }), !ProcessThreads.start({ self.collect(whenEnded: pid) }) else { return }
        kill(-pid, SIGKILL)
        collect(whenEnded: pid)
        throw SpawnFailure(step: .process, error: EAGAIN)
    }

    private func watch() {
        while true {
            let pid = wegent_watches_next(watches)
            guard pid > 0 else { return }
            collect(whenEnded: pid)
        }
    }

    private func collect(whenEnded pid: Int32) {
        var info = siginfo_t()
        while waitid(P_PID, id_t(pid), &info, WEXITED | WNOWAIT) != 0, errno == EINTR {}
        collect(pid)
    }

    /// Takes a child that has ended. Under the lock, so that its id is not used again meanwhile.
    private func collect(_ pid: Int32) {
        let ended: (ChildExit, ExitStatus)? = state.withLock { state in
            var status: Int32 = 0
            guard waitpid(pid, &status, WNOHANG) == pid else { return nil }
            let exit = ExitStatus(wait: status)
            guard let running = state.running.removeValue(forKey: pid) else {
                if state.starting > 0 { state.unclaimed[pid] = exit }
                return nil
            }
            if running.watch >= 0 { close(running.watch) }
            return (running.exit, exit)
        }
        if let (exit, status) = ended { exit.set(status) }
    }

    /// Makes this process the parent of its descendants' orphans, and collects every child that ends. Only for a
    /// program all of whose children are started here: it takes the exit status of any other as well.
    func adoptOrphans() {
        let isFirst = state.withLock { state in
            defer { state.adopts = true }
            return !state.adopts
        }
        guard isFirst else { return }
        _ = wegent_adopt_orphans()
        let isStarted = ProcessThreads.start { [self] in collectAll() }
        if !isStarted { state.withLock { $0.adopts = false } }
    }

    private func collectAll() {
        while true {
            var info = siginfo_t()
            if waitid(P_ALL, 0, &info, WEXITED | WNOWAIT) == 0 {
                collect(Self.pid(of: info))
            } else if errno != EINTR {
                // There is no child. One may be started, or as process 1 be adopted from another.
                usleep(Self.idle)
            }
        }
    }

    private static func pid(of info: siginfo_t) -> Int32 {
        #if canImport(Darwin)
            info.si_pid
        #else
            info._sifields._sigchld.si_pid
        #endif
    }
}

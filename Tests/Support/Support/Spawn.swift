import Foundation

/// Wraps `posix_spawn`.
enum Spawn {
    #if canImport(Darwin)
        private typealias Actions = posix_spawn_file_actions_t?
        private typealias Attributes = posix_spawnattr_t?
    #else
        private typealias Actions = posix_spawn_file_actions_t
        private typealias Attributes = posix_spawnattr_t
    #endif

    /// Starts `arguments[0]` (searched on PATH when it has no slash) as the leader of a new process group, with default
    /// signal handling. It inherits the three descriptors and no others: a test with a limit of
    /// descriptors counts its own.
    /// - Throws: `POSIXError`, such as ENOENT when there is no such program.
    static func start(
        _ arguments: [String], environment: [String: String], directory: String?, input: Int32, output: Int32,
        error: Int32
    ) throws -> pid_t {
        var actions = makeActions()
        var attributes = makeAttributes()
        posix_spawn_file_actions_init(&actions)
        posix_spawnattr_init(&attributes)
        defer {
            posix_spawn_file_actions_destroy(&actions)
            posix_spawnattr_destroy(&attributes)
        }
        for (target, source) in [input, output, error].enumerated() {
            posix_spawn_file_actions_adddup2(&actions, source, Int32(target))
        }
        var none = sigset_t()
        var reset = sigset_t()
        sigemptyset(&none)
        sigemptyset(&reset)
        for number in [SIGPIPE, SIGINT, SIGTERM, SIGHUP, SIGCHLD] { sigaddset(&reset, number) }
        posix_spawnattr_setsigmask(&attributes, &none)
        posix_spawnattr_setsigdefault(&attributes, &reset)
        var flags = Int32(POSIX_SPAWN_SETSIGMASK) | Int32(POSIX_SPAWN_SETSIGDEF) | Int32(POSIX_SPAWN_SETPGROUP)
        #if canImport(Darwin)
            flags |= Int32(POSIX_SPAWN_CLOEXEC_DEFAULT)
        #endif
        posix_spawnattr_setpgroup(&attributes, 0)
        posix_spawnattr_setflags(&attributes, Int16(truncatingIfNeeded: flags))

        // A shell changes the directory: Swift does not import the GNU spawn action for it.
        let shell = directory.map { ["/bin/sh", "-c", "cd \"$0\" && exec \"$@\"", $0] } ?? []
        var argv: [UnsafeMutablePointer<CChar>?] = (shell + arguments).map { strdup($0) } + [nil]
        var envp: [UnsafeMutablePointer<CChar>?] = environment.map { strdup("\($0.key)=\($0.value)") } + [nil]
        defer { for text in argv + envp { free(text) } }
        closeOthersInChildren()
        var pid: pid_t = 0
        let result = posix_spawnp(&pid, (shell + arguments)[0], &actions, &attributes, &argv, &envp)
        guard result == 0 else { throw POSIXError(POSIXErrorCode(rawValue: result) ?? .EIO) }
        return pid
    }

    /// Marks every descriptor of this process but the standard ones close-on-exec: those of other tests, and what the test
    /// runner itself was given.
    private static func closeOthersInChildren() {
        let files = (try? FileManager.default.contentsOfDirectory(atPath: "/proc/self/fd")) ?? []
        for file in files.compactMap({ Int32($0) }) where file > 2 { _ = fcntl(file, F_SETFD, FD_CLOEXEC) }
    }

    #if canImport(Darwin)
        private static func makeActions() -> Actions { nil }
        private static func makeAttributes() -> Attributes { nil }
    #else
        private static func makeActions() -> Actions { Actions() }
        private static func makeAttributes() -> Attributes { Attributes() }
    #endif
}

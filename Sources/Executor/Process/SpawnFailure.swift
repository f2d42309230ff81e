import CSpawn
import Messages

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Why a program could not be started.
struct SpawnFailure: Error {
    /// What failed.
    enum Step: Equatable, Sendable { case process, streams, terminal, limits, directory, program }

    var step: Step
    /// The system's error number.
    var error: Int32

    /// The sentence for people, with what to do.
    func fault(_ command: Command) -> Fault {
        Fault(.spawnFailed, "\(command.executable) could not be started: \(reason(command))")
    }

    private func reason(_ command: Command) -> String {
        if let exhaustion = FileDescriptors.exhaustion(error) { return exhaustion }
        return switch (step, error) {
        case (.process, EAGAIN):
            "the limit of processes is reached (ulimit -u of this user, or pids.max of its container); end some "
                + "processes, or raise it"
        case (_, ENOMEM): "the system is out of memory"
        case (.directory, _): "its directory \(command.directory) cannot be entered: \(text)"
        case (.program, ENOENT): "there is no such program, or the interpreter that it names is missing"
        case (.program, E2BIG): "its arguments and environment are too long"
        case (.program, ENOEXEC): "it is not a program for this machine"
        case (.terminal, _): "no pseudo-terminal is available: \(text)"
        case (.limits, _): "its limit of file descriptors cannot be set: \(text)"
        default: text
        }
    }

    private var text: String { String(cString: strerror(error)) }
}

extension SpawnFailure.Step {
    /// The step that the C function names; nil = it has succeeded.
    init?(_ step: wegent_step) {
        switch step {
        case wegent_step_none: return nil
        case wegent_step_streams: self = .streams
        case wegent_step_terminal: self = .terminal
        case wegent_step_limits: self = .limits
        case wegent_step_directory: self = .directory
        case wegent_step_program: self = .program
        default: self = .process
        }
    }
}

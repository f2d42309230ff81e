import ArgumentParser
import Launch

/// The dispatcher's options, passed through by `wegent up`.
struct TaskOptions: ParsableArguments {
    @Option(
        name: .customLong("approval-s"),
        help: "Seconds to answer what an agent asks for, then it is denied (or WEGENT_APPROVAL_S). Default: 600")
    var approvalS: Double?

    /// - Throws: `ValidationError` when it is out of the dispatcher's range.
    func approval(_ setting: Setting) throws -> Double {
        let seconds = try setting.value(approvalS, "WEGENT_APPROVAL_S") ?? 600
        guard (1...86_400).contains(seconds) else { throw ValidationError("--approval-s is 1 to 86400 seconds.") }
        return seconds
    }
}

import ArgumentParser
import Launch

/// The dispatcher's options, which `wegent up` passes on.
struct TaskOptions: ParsableArguments {
    @Option(
        name: .customLong("approval-s"),
        help: ArgumentHelp(
            "Seconds until an unanswered permission request is denied (or WEGENT_APPROVAL_S). Default: 600",
            valueName: "seconds"))
    var approvalS: Double?

    @Option(
        name: .customLong("retention-days"),
        help: ArgumentHelp(
            "Days until an ended task is deleted; 0 = never (or WEGENT_RETENTION_DAYS). Default: 0", valueName: "days"))
    var retentionDays: Double?

    /// Returns the retention of ended tasks in days.
    /// - Throws: `ValidationError` when it is out of the dispatcher's range.
    func retention(_ setting: Setting) throws -> Double {
        let days = try setting.value(retentionDays, "WEGENT_RETENTION_DAYS") ?? 0
        guard (0...3650).contains(days) else { throw ValidationError("--retention-days must be 0 to 3650.") }
        return days
    }

    /// Returns the time for an approval in seconds.
    /// - Throws: `ValidationError` when it is out of the dispatcher's range.
    func approval(_ setting: Setting) throws -> Double {
        let seconds = try setting.value(approvalS, "WEGENT_APPROVAL_S") ?? 600
        guard (1...86_400).contains(seconds) else { throw ValidationError("--approval-s must be 1 to 86400.") }
        return seconds
    }
}

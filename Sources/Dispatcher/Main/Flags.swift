import ArgumentParser
import Dispatcher
import Launch

extension Program {
    /// Returns the settings in force: flags override the environment, which overrides the defaults.
    /// - Throws: `ValidationError` that names the flag that is out of range.
    func configuration(_ setting: Setting = .process) throws -> DispatcherConfiguration {
        let grace = try setting.value(graceS, "WEGENT_GRACE_S") ?? 30
        let lease = try setting.value(leaseS, "WEGENT_LEASE_S")
        guard (0...86_400).contains(grace), lease.map({ (0...172_800).contains($0) }) ?? true else {
            throw ValidationError("--grace-s is 0 to 86400 and --lease-s 0 to 172800 seconds")
        }
        let takeover = try setting.value(takeoverS, "WEGENT_TAKEOVER_S") ?? 15
        let drain = try setting.value(drainS, "WEGENT_DRAIN_S") ?? 5
        guard (1...3600).contains(takeover), (0...600).contains(drain) else {
            throw ValidationError("--takeover-s is 1 to 3600 and --drain-s 0 to 600 seconds")
        }
        let approval = try setting.value(approvalS, "WEGENT_APPROVAL_S") ?? 600
        guard (1...86_400).contains(approval) else {
            throw ValidationError("--approval-s is 1 to 86400 seconds")
        }
        let retention = try setting.value(retentionDays, "WEGENT_RETENTION_DAYS") ?? 0
        guard (0...3650).contains(retention) else { throw ValidationError("--retention-days is 0 to 3650 days") }
        let (taskLog, userLog) = (
            try setting.value(taskLogMb, "WEGENT_TASK_LOG_MB") ?? 1024,
            try setting.value(userLogMb, "WEGENT_USER_LOG_MB") ?? 0
        )
        guard (0...1_048_576).contains(taskLog), (0...1_048_576).contains(userLog) else {
            throw ValidationError("--task-log-mb and --user-log-mb are 0 to 1048576 MiB")
        }
        return DispatcherConfiguration(
            registry: try setting.value(registry, "WEGENT_REGISTRY") ?? MeshArguments.endpoint("registry", setting),
            bind: try setting.value(bind, "WEGENT_BIND") ?? MeshArguments.endpoint("dispatcher", setting),
            dataDirectory: try setting.value(data, "WEGENT_DATA") ?? "./data",
            graceS: grace, leaseS: lease, takeoverS: takeover, drainS: drain,
            approvalS: approval, retentionDays: retention, taskLogMB: taskLog, userLogMB: userLog,
            advertise: try setting.value(advertise, "WEGENT_ADVERTISE"))
    }
}

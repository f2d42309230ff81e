/// Why a device has its status, where the status alone would mislead.
public struct StatusReason: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// It is connected and takes no new work: its executor is about to stop.
    public static let draining = StatusReason(rawValue: "draining")
    /// The registry was restarted and has not heard of it since.
    public static let registryRestarted = StatusReason(rawValue: "registry_restarted")

    /// Every reason that this version knows.
    public static let all: [StatusReason] = [.draining, .registryRestarted]
}

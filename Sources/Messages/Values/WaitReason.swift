/// Why a queued task waits.
public struct WaitReason: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Every slot of the device is in use.
    public static let deviceBusy = WaitReason(rawValue: "device_busy")
    /// Another task of the same conversation is not at its end.
    public static let conversationBusy = WaitReason(rawValue: "conversation_busy")
    /// The device is not connected.
    public static let deviceOffline = WaitReason(rawValue: "device_offline")
    /// The device takes no new work.
    public static let deviceDraining = WaitReason(rawValue: "device_draining")
    /// No executor of the cloud pool is connected.
    public static let noCloudExecutor = WaitReason(rawValue: "no_cloud_executor")

    /// Every reason that this version knows.
    public static let all: [WaitReason] = [
        .deviceBusy, .conversationBusy, .deviceOffline, .deviceDraining, .noCloudExecutor,
    ]
}

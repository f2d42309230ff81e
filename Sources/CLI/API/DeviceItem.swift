import Messages

/// A device in `GET /devices`.
struct DeviceItem: Codable, Equatable, Sendable {
    var id: String
    var name: String
    var status: DeviceStatus
    /// Why, where the status alone would mislead.
    var statusReason: StatusReason?
    /// Whether tasks without a target go here.
    var isDefault: Bool
    /// What its owner wrote on it; nil from a gateway that knows none.
    var labels: [String: String]?
    var slots: Slots
    var version: String?
    var agents: [Agent]
    var platform: Platform?
    var lastSeenAt: Timestamp?
    var connectedAt: Timestamp?

    enum CodingKeys: String, CodingKey {
        case id, name, status, labels, slots, version, agents, platform
        case statusReason = "status_reason"
        case isDefault = "is_default"
        case lastSeenAt = "last_seen_at"
        case connectedAt = "connected_at"
    }

    /// Whether it is connected.
    var isConnected: Bool { status != .offline && status != .unknown }

    /// The status in words.
    var condition: String {
        statusReason.map { "\(status), \($0.rawValue.replacing("_", with: " "))" } ?? status.rawValue
    }
}

import Messages

extension DeviceBody {
    var isConnected: Bool { status != .offline && status != .unknown }

    /// The status with its reason as text for people.
    var statusText: String {
        statusReason.map { "\(status), \($0.rawValue.replacing("_", with: " "))" } ?? status.rawValue
    }
}

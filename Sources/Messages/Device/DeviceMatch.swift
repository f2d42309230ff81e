/// Finds the device that a text names, and those with a label.
public enum DeviceMatch {
    /// Returns the devices that `text` names: the one with this id, else those with exactly this name, else those with
    /// this name in any letter case. Empty when there is none; several when the name is ambiguous.
    public static func find<D>(
        _ text: String, in devices: [D], id: (D) -> String, name: (D) -> String
    ) -> [D] {
        if let device = devices.first(where: { id($0) == text }) { return [device] }
        let exact = devices.filter { name($0) == text }
        return exact.isEmpty ? devices.filter { name($0).lowercased() == text.lowercased() } : exact
    }

    /// Returns whether a device has a label: `NAME` with any value, `NAME=VALUE` with that value.
    public static func hasLabel(_ labels: [String: String]?, _ label: String) -> Bool {
        let parts = label.split(separator: "=", maxSplits: 1, omittingEmptySubsequences: false).map(String.init)
        guard let value = labels?[parts[0]] else { return false }
        return parts.count == 1 || value == parts[1]
    }
}

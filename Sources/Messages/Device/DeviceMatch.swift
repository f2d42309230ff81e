/// Finds the device that a text names.
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
}

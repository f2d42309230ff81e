import Crypto
import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The device's identity: the same after a restart and after a new installation.
struct DeviceIdentity: Equatable, Sendable {
    /// 1 to 128 of `A-Z a-z 0-9 . _ -`.
    var id: String
    /// For people.
    var name: String

    // The machine's own id is to be kept confidential (machine-id(5)), so it is hashed before it is used.
    private static let salt = "wegent-mesh device v1\n"

    /// Returns the id derived from a hardware id: 32 hexadecimal digits.
    static func derive(from hardware: String) -> String {
        SHA256.hash(data: Data((salt + hardware.lowercased()).utf8)).prefix(16)
            .map { byte in (byte < 16 ? "0" : "") + String(byte, radix: 16) }.joined()
    }

    /// Returns whether a device may have this id.
    static func isValid(_ id: String) -> Bool {
        (1...128).contains(id.utf8.count)
            && id.utf8.allSatisfy { byte in
                switch byte {
                case UInt8(ascii: "a")...UInt8(ascii: "z"), UInt8(ascii: "A")...UInt8(ascii: "Z"),
                    UInt8(ascii: "0")...UInt8(ascii: "9"), UInt8(ascii: "."), UInt8(ascii: "_"), UInt8(ascii: "-"):
                    true
                default: false
                }
            }
    }

    /// Returns the configured id, else the one in the home, else one derived from the hardware (then stored), else a
    /// random one (stored).
    static func load(
        configured id: String?, name: String?, home: ExecutorHome, hardware: String? = Machine.hardwareID
    ) throws -> DeviceIdentity {
        let name = name ?? Machine.displayName
        if let id { return DeviceIdentity(id: id, name: name) }
        if let kept = home.read(.device), isValid(kept) { return DeviceIdentity(id: kept, name: name) }
        let id = hardware.map(derive(from:)) ?? derive(from: BootID.generate().description)
        try home.write(.device, id)
        return DeviceIdentity(id: id, name: name)
    }
}

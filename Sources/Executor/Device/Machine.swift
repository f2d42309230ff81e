import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif
#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
    import IOKit
#endif

/// Facts about this machine.
public enum Machine {
    /// The environment of this process.
    public static var environment: [String: String] { ProcessInfo.processInfo.environment }

    /// The user's home: `HOME`, or the one of the password file where that is unset or empty; "/" without either.
    public static func userHome(_ environment: [String: String]) -> String {
        if let home = environment["HOME"], !home.isEmpty { return home }
        guard let entry = getpwuid(getuid()), let home = entry.pointee.pw_dir, home.pointee != 0 else { return "/" }
        return String(cString: home)
    }

    /// `linux` or `darwin`, the processor's name as `uname -m` prints it, and the host's name.
    static var platform: Platform {
        var names = utsname()
        uname(&names)
        return Platform(
            os: string(&names.sysname).lowercased(), arch: string(&names.machine), hostname: string(&names.nodename))
    }

    /// Such as "Linux - build-box" or "Darwin - MacBook-Pro.local".
    static var displayName: String {
        let platform = platform
        return "\(platform.os.prefix(1).uppercased() + platform.os.dropFirst()) - \(platform.hostname)"
    }

    /// The id of the hardware or of the system's installation, which restarts keep; nil where there is none.
    static var hardwareID: String? {
        #if canImport(Darwin)
            let service = IOServiceGetMatchingService(kIOMainPortDefault, IOServiceMatching("IOPlatformExpertDevice"))
            guard service != 0 else { return nil }
            defer { IOObjectRelease(service) }
            let key = "IOPlatformUUID" as CFString
            return IORegistryEntryCreateCFProperty(service, key, kCFAllocatorDefault, 0)?.takeRetainedValue() as? String
        #else
            for path in ["/etc/machine-id", "/var/lib/dbus/machine-id"] {
                guard let text = try? String(contentsOfFile: path, encoding: .utf8) else { continue }
                let id = text.filter(\.isHexDigit)
                // Images that were never booted contain "uninitialized" or nothing.
                if id.count == 32 { return id }
            }
            return nil
        #endif
    }

    private static func string<T>(_ field: inout T) -> String {
        withUnsafeBytes(of: &field) { bytes in String(decoding: bytes.prefix { $0 != 0 }, as: UTF8.self) }
    }
}

import Dispatcher

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// Prints the status of a dispatcher as a line of JSON on standard output.
enum StatusReport {
    static func print(_ status: DispatcherServer.Status) {
        switch status {
        case .standby(let directory): line(["standby": directory])
        case .waiting(let directory, let work): line(["standby": directory, "waiting_for": work])
        case .leads(let endpoint): line(["endpoint": endpoint])
        }
    }

    private static func line(_ fields: KeyValuePairs<String, String>) {
        let members = fields.map { name, value in
            let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
            return "\"\(name)\":\"\(escaped)\""
        }
        Swift.print("{\(members.joined(separator: ","))}")
        // Standard output buffers up to 4 KiB before it writes to a pipe.
        fflush(nil)
    }
}

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
        case .standby(let directory): line("standby", directory)
        case .leads(let endpoint): line("endpoint", endpoint)
        }
    }

    private static func line(_ name: String, _ value: String) {
        let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        Swift.print("{\"\(name)\":\"\(escaped)\"}")
        // Standard output buffers up to 4 KiB before it writes to a pipe.
        fflush(nil)
    }
}

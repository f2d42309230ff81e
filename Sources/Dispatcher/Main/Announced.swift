import Dispatcher

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// What a dispatcher says of itself, as lines of JSON on standard output.
enum Announced {
    static func tell(_ word: DispatcherServer.Word) {
        switch word {
        case .standby(let directory): line("standby", directory)
        case .leads(let endpoint): line("endpoint", endpoint)
        }
    }

    private static func line(_ name: String, _ value: String) {
        let escaped = value.replacing("\\", with: "\\\\").replacing("\"", with: "\\\"")
        print("{\"\(name)\":\"\(escaped)\"}")
        // A pipe would keep the line until there are 4 KiB of them.
        fflush(nil)
    }
}

import Dispatcher
import Launch
import Logging
import ServiceLifecycle

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The server, with a line on standard output once it is ready.
struct Announced: Service {
    let server: DispatcherServer
    let logger: Logger

    func run() async throws {
        try await server.start()
        logger.notice("ready", metadata: ["endpoint": "\(server.endpoint)"])
        print("{\"endpoint\":\"\(server.endpoint)\"}")
        // A pipe would keep the line until there are 4 KiB of them.
        fflush(nil)
        try? await gracefulShutdown()
        await server.stop()
    }
}

import Gateway
import Logging
import ServiceLifecycle

/// The server with a word on standard error and a line on standard output when it is ready.
struct Announced: Service {
    let server: GatewayServer
    let address: Address
    let tls: Bool
    let logger: Logger

    func run() async throws {
        try await server.start()
        logger.notice("ready", metadata: ["host": "\(address.host)", "port": "\(server.port)"])
        Output.line(#"{"url":"\#(tls ? "https" : "http")://\#(address.reachableHost):\#(server.port)"}"#)
        try? await gracefulShutdown()
        await server.stop()
    }
}

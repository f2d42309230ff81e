import ArgumentParser
import Foundation
import Logging
import Mesh
import Messages

/// `wegent-bench mesh-server ENDPOINT`: the mesh's serving end as a process. Ends with its standard input.
struct MeshServerCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(commandName: "mesh-server", shouldDisplay: false)

    @Argument(help: "Endpoint to bind.")
    var endpoint: String

    func run() async throws {
        let reactor = Reactor(security: .insecureLoopback)
        let listener = try await Listener(
            endpoint, identity: Identity(role: .tool, name: "bench"), handlers: Self.handlers(), reactor: reactor,
            logger: Logger(label: "bench") { _ in SwiftLogNoOpLogHandler() })
        FileHandle.standardOutput.write(Data("\(listener.endpoint)\n".utf8))
        while readLine() != nil {}
        await reactor.shutdown()
    }

    private static func handlers() -> Handlers {
        let counter = Counter()
        var handlers = Handlers()
        handlers.onRequest(EchoLoad.self) { load, _ in load }
        handlers.onNotice(OneWayLoad.self) { _, context in counter.count(context.peer) }
        handlers.onNotice(Mark.self) { _, context in context.peer.send(Mark(counter.takeAll())) }
        return handlers
    }

    /// Acknowledges every ``MeshClient/stride`` messages, so that the sender can limit its lead. Only touched on the reactor.
    private final class Counter: @unchecked Sendable {
        private var received = 0

        func count(_ peer: Peer) {
            received += 1
            if received.isMultiple(of: MeshClient.stride) { peer.send(Mark(received)) }
        }

        func takeAll() -> Int {
            defer { received = 0 }
            return received
        }
    }
}

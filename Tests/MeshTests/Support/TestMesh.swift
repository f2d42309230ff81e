import Logging
import Messages
import Synchronization
import TestSupport

@testable import Mesh

/// The transport of a test's listener.
enum Transport: String, CaseIterable, Sendable {
    case inproc, ipc, tcp

    /// Returns an endpoint of this transport.
    func endpoint(in directory: TemporaryDirectory) -> String {
        switch self {
        case .inproc: "inproc://\(directory.path)"
        case .ipc: "ipc://\(directory.file("mesh"))"
        case .tcp: "tcp://127.0.0.1:0"
        }
    }
}

/// The mesh of a test: a reactor for each side, as in two processes (`inproc` needs a common one).
final class TestMesh: Sendable {
    let transport: Transport
    let directory: TemporaryDirectory
    let serving: Reactor
    let dialling: Reactor
    /// Fast enough for a test, slow enough for a loaded machine.
    static let timing = MeshTiming(ping: .milliseconds(100), silence: .seconds(2))

    /// - Parameters:
    ///   - serving: The protection of the listener's end.
    ///   - dialling: That of the other end.
    init(
        _ transport: Transport = .tcp, serving: MeshSecurity = .insecureLoopback,
        dialling: MeshSecurity = .insecureLoopback
    ) throws {
        self.transport = transport
        directory = try TemporaryDirectory()
        self.serving = Reactor(name: "serving", security: serving)
        self.dialling =
            transport == .inproc ? self.serving : Reactor(name: "dialling", security: dialling)
    }

    var logger: Logger { Logger(label: "test") { _ in SwiftLogNoOpLogHandler() } }

    func listen(
        _ handlers: Handlers = Handlers(), at endpoint: String? = nil, incarnation: Incarnation = .generate(),
        timing: MeshTiming = TestMesh.timing
    ) async throws -> Listener {
        try await Listener(
            endpoint ?? transport.endpoint(in: directory),
            identity: Identity(role: .dispatcher, name: "listener", incarnation: incarnation), handlers: handlers,
            reactor: serving, timing: timing, logger: logger)
    }

    func dial(
        _ listener: Listener, _ handlers: Handlers = Handlers(), as role: ServiceRole = .tool,
        timing: MeshTiming = TestMesh.timing
    ) -> Link {
        dial(listener.endpoint, handlers, as: role, timing: timing)
    }

    func dial(
        _ endpoint: String, _ handlers: Handlers = Handlers(), as role: ServiceRole = .tool,
        timing: MeshTiming = TestMesh.timing
    ) -> Link {
        Link(
            endpoint, identity: Identity(role: role, name: "dialler"), handlers: handlers, reactor: dialling,
            timing: timing, logger: logger)
    }

    func end() async {
        await dialling.shutdown()
        await serving.shutdown()
    }
}

/// Runs `body` on a new mesh and shuts the mesh down, also after an error.
func withMesh<T>(_ transport: Transport = .tcp, _ body: (TestMesh) async throws -> T) async throws -> T {
    let mesh = try TestMesh(transport)
    do {
        let value = try await body(mesh)
        await mesh.end()
        return value
    } catch {
        await mesh.end()
        throw error
    }
}

/// Collects what callbacks receive.
final class Recorded<Element: Sendable>: Sendable {
    private let elements = Mutex<[Element]>([])
    var all: [Element] { elements.withLock { $0 } }
    var count: Int { elements.withLock { $0.count } }
    func add(_ element: Element) { elements.withLock { $0.append(element) } }
}

extension Handlers {
    /// Serves ``Echo``: the text `fault` fails with a fault, `error` with another error, `never` waits until cancelled.
    static func echoing() -> Handlers {
        var handlers = Handlers()
        handlers.onRequest(Echo.self) { request, _ in
            switch request.text {
            case "fault": throw Fault(.conflict, "from the handler")
            case "error": throw Overdue("from the handler", after: .zero)
            case "never": try await Task.sleep(for: .seconds(3600))
            default: break
            }
            return request
        }
        return handlers
    }
}

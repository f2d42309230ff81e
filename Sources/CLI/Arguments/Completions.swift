import ArgumentParser
import Dispatch
import Launch
import Messages
import Synchronization

/// What a shell offers on Tab: names that only the gateway knows. Nothing is offered when it does not reply at once.
enum Completions {
    /// Longest time that a person waits for Tab.
    private static let patience: DispatchTimeInterval = .seconds(2)

    /// The names of the user's devices.
    static let devices = CompletionKind.custom { _, _, _ in
        ask { $0.map(\.name) }
    }

    /// The names of the agents that the user's devices have.
    static let agents = CompletionKind.custom { _, _, _ in
        ask { devices in Array(Set(devices.flatMap(\.agents).filter(\.ready).map(\.name))).sorted() }
    }

    /// Returns what the user's devices offer, without names that a shell cannot complete.
    private static func ask(_ names: @escaping @Sendable ([DeviceBody]) -> [String]) -> [String] {
        let done = DispatchSemaphore(value: 0)
        // ArgumentParser's completion is synchronous; the process does nothing else.
        let answer = Answer()
        Task.detached {
            if let gateway = try? gateway(), let devices = try? await gateway.devices() { answer.set(names(devices)) }
            done.signal()
        }
        _ = done.wait(timeout: .now() + patience)
        return answer.value.filter { TerminalEscaping.line($0) == $0 }
    }

    /// The gateway without regard to `--url` and `--token`, which may not be typed yet.
    private static func gateway() throws -> GatewayClient {
        let environment = Setting.process.environment
        let saved = try PrivateFile.read(SavedConnection.self, from: Folders(environment: environment).configuration)
        return GatewayClient(try Connection(url: nil, token: nil, environment: environment, saved: saved))
    }

    private final class Answer: Sendable {
        private let found = Mutex<[String]>([])
        var value: [String] { found.withLock { $0 } }
        func set(_ names: [String]) { found.withLock { $0 = names } }
    }
}

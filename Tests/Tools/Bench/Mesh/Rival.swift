import Foundation
import TestSupport

/// Runs both sides of a measurement, each as two processes.
struct Rival {
    /// The program in C.
    let program: String
    /// This program.
    let ours: String
    let transport: String
    let directory: TemporaryDirectory

    /// - Throws: a sentence, when there is no program in C.
    func check() throws {
        guard FileManager.default.isExecutableFile(atPath: program) else {
            throw Unfit(
                "\(program) is not there; build it with: swift build -c release --product wegent-bench-c")
        }
    }

    /// Messages a second in C.
    func rate(_ measurement: Measurement, parts: Int) async throws -> Double {
        let figures = ["\(measurement.count)", "\(measurement.size)", "\(parts)"]
        let server = try ChildProcess(program, [measurement.mode, "server", endpoint] + figures)
        let bound = try await server.stdout.line("the server is bound") { !$0.isEmpty }
        let client = try ChildProcess(program, [measurement.mode, "client", bound] + figures)
        let line = try await client.stdout.line(within: .seconds(300), "the client is done") { !$0.isEmpty }
        guard let seconds = Double(line), seconds > 0 else { throw Unfit("\(program) printed '\(line)'") }
        _ = try await client.exit()
        _ = try await server.exit()
        return Double(measurement.count) / seconds
    }

    /// Messages a second on the mesh.
    func ourRate(_ measurement: Measurement) async throws -> Double {
        let server = try ChildProcess(ours, ["mesh-server", endpoint])
        let bound = try await server.stdout.line("the server is bound") { !$0.isEmpty }
        let client = MeshClient(bound)
        let seconds =
            switch measurement.kind {
            case .trips: try await client.trips(measurement.count, size: measurement.size)
            case .stream: try await client.stream(measurement.count, size: measurement.size)
            case .streamFromOutside: try await client.streamFromOutside(measurement.count, size: measurement.size)
            }
        await client.end()
        server.closeInput()
        _ = try await server.exit()
        return Double(measurement.count) / seconds
    }

    private var endpoint: String { transport == "ipc" ? "ipc://\(directory.file("bench"))" : "tcp://127.0.0.1:0" }
}

/// Why nothing can be measured.
struct Unfit: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

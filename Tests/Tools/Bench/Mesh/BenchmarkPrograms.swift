import Foundation
import TestSupport

/// Runs a measurement in C and on the mesh, each as two processes.
struct BenchmarkPrograms {
    /// The path of the C program.
    let c: String
    /// The path of this program.
    let bench: String
    let transport: String
    let directory: TemporaryDirectory

    /// - Throws: ``Unfit`` when there is no C program.
    func check() throws {
        guard FileManager.default.isExecutableFile(atPath: c) else {
            throw Unfit(
                "\(c) does not exist; build it with: swift build -c release --product wegent-bench-c")
        }
    }

    /// Returns messages per second in C.
    func rate(_ measurement: Measurement, parts: Int) async throws -> Double {
        let figures = ["\(measurement.count)", "\(measurement.size)", "\(parts)"]
        let server = try ChildProcess(c, [measurement.mode, "server", endpoint] + figures)
        let bound = try await server.stdout.line("the server is bound") { !$0.isEmpty }
        let client = try ChildProcess(c, [measurement.mode, "client", bound] + figures)
        let line = try await client.stdout.line(within: .seconds(300), "the client is done") { !$0.isEmpty }
        guard let seconds = Double(line), seconds > 0 else { throw Unfit("\(c) printed '\(line)'") }
        _ = try await client.exit()
        _ = try await server.exit()
        return Double(measurement.count) / seconds
    }

    /// Returns messages per second on the mesh.
    func meshRate(_ measurement: Measurement) async throws -> Double {
        let server = try ChildProcess(bench, ["mesh-server", endpoint])
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

/// Why a measurement is not possible.
struct Unfit: Error, CustomStringConvertible {
    let description: String

    init(_ description: String) { self.description = description }
}

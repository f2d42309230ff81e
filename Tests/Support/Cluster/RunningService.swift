import Foundation
import TestClient
import TestSupport

/// One running binary of the cluster, with its ready line.
public struct RunningService: Sendable {
    /// The name of its program.
    public let name: String
    public let process: ChildProcess
    /// The JSON line on its standard output.
    public let ready: JSON

    /// Starts it and waits for its ready line: JSON on standard output that contains `mark`.
    /// - Throws: `Overdue` or `Malformed` with the end of its log.
    public static func start(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], directory: String? = nil,
        ready mark: String = "{"
    ) async throws -> RunningService {
        let name = (program as NSString).lastPathComponent
        let process = try ChildProcess(program, arguments, environment: environment, directory: directory)
        do {
            let line = try await process.stdout.line("the ready line of \(name)") {
                $0.hasPrefix("{") && $0.contains(mark)
            }
            return RunningService(name: name, process: process, ready: try JSON(line.utf8))
        } catch {
            let log = "\(process.stderr.text.suffix(4000))"
            guard let ended = process.ended else { throw Overdue("\(name) is ready", after: .seconds(60), seen: log) }
            throw Malformed(description: "\(name) ended (\(ended)) before it was ready\n\(log)")
        }
    }

    /// Stops it with SIGTERM and checks that it exits within 5 s with status 0.
    public func stop() async throws {
        if let ended = process.ended { throw Malformed(description: "\(name) had ended before: \(ended)\n\(logTail)") }
        let status = try await process.stop(within: .seconds(5))
        guard status == .exited(0) else { throw Malformed(description: "\(name) ended with \(status)\n\(logTail)") }
    }

    /// Kills it with SIGKILL.
    public func kill() async throws {
        process.signal(SIGKILL)
        try await process.exit(within: .seconds(10))
    }

    /// The end of its log.
    public var logTail: String { "--- \(name)\n\(process.stderr.text.suffix(6000))" }
}

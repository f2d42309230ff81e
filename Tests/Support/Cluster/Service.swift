import Foundation
import TestClient
import TestSupport

/// One of our binaries, running, and what it said of itself when it was ready.
public struct Service: Sendable {
    /// Its program.
    public let name: String
    public let process: ChildProcess
    /// The JSON line on its standard output.
    public let ready: JSON

    /// Starts it and waits until it is ready: a line of JSON on its standard output that contains `mark`.
    /// - Throws: `Overdue` with its last words.
    public static func start(
        _ program: String, _ arguments: [String], environment: [String: String] = [:], directory: String? = nil,
        ready mark: String = "{"
    ) async throws -> Service {
        let name = (program as NSString).lastPathComponent
        let process = try ChildProcess(program, arguments, environment: environment, directory: directory)
        do {
            let line = try await process.stdout.line("the ready line of \(name)") {
                $0.hasPrefix("{") && $0.contains(mark)
            }
            return Service(name: name, process: process, ready: try JSON(line.utf8))
        } catch {
            let words = "\(process.stderr.text.suffix(4000))"
            guard let ended = process.ended else { throw Overdue("\(name) is ready", after: .seconds(60), seen: words) }
            throw Malformed(description: "\(name) ended (\(ended)) before it was ready\n\(words)")
        }
    }

    /// Stops it as a person would and holds it to its promise: gone within 5 s, with status 0.
    public func stop() async throws {
        if let ended = process.ended { throw Malformed(description: "\(name) had ended before: \(ended)\n\(words)") }
        let status = try await process.stop(within: .seconds(5))
        guard status == .exited(0) else { throw Malformed(description: "\(name) ended with \(status)\n\(words)") }
    }

    /// Kills it without a chance to say goodbye.
    public func kill() async throws {
        process.signal(SIGKILL)
        try await process.exit(within: .seconds(10))
    }

    /// Its newest log lines.
    public var words: String { "--- \(name)\n\(process.stderr.text.suffix(6000))" }
}

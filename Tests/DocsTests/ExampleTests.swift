import Foundation
import TestSupport
import Testing

/// The commands of the documentation, run against real services.
@Suite("The examples of the documentation", .serialized)
struct ExampleTests {
    static let pages = Page.paths.filter { path in
        ((try? Page(path)).map(Example.all) ?? []).contains { $0.reason == nil }
    }

    @Test(
        "Every command of a page works and its output has the shape that the page shows", .serialized,
        .enabled(if: Binaries.claude != nil, "no Claude Code: run deploy/setup --tests"), arguments: pages)
    func run(path: String) async throws {
        let examples = Example.all(of: try Page(path)).filter { $0.reason == nil }
        try await Stage.with { stage in
            var shape = Shape()
            for example in examples {
                do { try await check(example, of: path, on: stage, &shape) } catch {
                    Issue.record("\(path):\(example.line): \(example.command)\n\(error)")
                }
            }
        }
    }

    private func check(_ example: Example, of path: String, on stage: Stage, _ shape: inout Shape) async throws {
        let command = shape.resolve(example.command)
        let end = ContinuousClock.now + .seconds(20)
        while true {
            let result = try await stage.run(command)
            let isRight =
                isExpected(result, by: example)
                && (example.output.isEmpty || shape.matches(shown: example.output, real: result.lines))
            if isRight { return }
            // A list may be asked for before its item is there: a command that changes nothing is repeated.
            guard isRead(command), ContinuousClock.now < end else {
                return #expect(
                    Bool(false),
                    "\(path):\(example.line): \(command)\n\(result.exit) \(result.statuses)\n\(result.lines.joined(separator: "\n"))"
                )
            }
            try await Task.sleep(for: .milliseconds(200))
        }
    }

    /// A command succeeds unless the page shows an error below it.
    private func isExpected(_ result: Stage.Result, by example: Example) -> Bool {
        let showsError = example.output.contains { $0.hasPrefix("wegent: error:") }
        let showsProblem = example.output.contains { $0.contains("\"type\":\"/errors/") }
        return (result.exit == .exited(0)) != showsError
            && result.statuses.allSatisfy { (200..<300).contains($0) != showsProblem }
    }

    private func isRead(_ command: String) -> Bool {
        if command.hasPrefix("curl ") { return !command.contains(/\s(-d|-X|--data|--request|-T)\b/) }
        return command.contains(/^wegent (approvals|tasks|devices|conversations|logs)( --?[a-z]+( \S+)?)*\s*(#.*)?$/)
    }
}

/// The rules of ``Shape``.
@Suite("The shape of an example's output")
struct ShapeTests {
    @Test(
        "Numbers, times, blanks and ellipses stand for any",
        arguments: [
            (
                ["4.0K  logs … at 2026-03-01T09:30:00.250Z"], ["12K logs and more at 2027-01-01T00:00:00.001Z"], true
            ),
            (["4 logs"], ["4 log"], false), (["a", "…", "z"], ["a", "b", "c", "z"], true),
            (["a", "z"], ["a", "b", "z"], false), (["a"], ["a", "", " "], true), (["a", "b"], ["a"], false),
        ])
    func wildcards(shown: [String], real: [String], isMatch: Bool) {
        var shape = Shape()
        let matches = shape.matches(shown: shown, real: real)
        #expect(matches == isMatch)
    }

    @Test("An id is bound by its first match, and later lines and commands use it")
    func identifiers() {
        var shape = Shape()
        let first = shape.matches(shown: ["01a2038b-11f0 waits"], real: ["0aaaaaaa-bbbb waits"])
        #expect(first && shape.resolve("wegent approve 01a2038b-11f0") == "wegent approve 0aaaaaaa-bbbb")
        let other = shape.matches(shown: ["01a2038b-11f0 waits"], real: ["0aaaaaaa-cccc waits"])
        #expect(!other)
    }
}

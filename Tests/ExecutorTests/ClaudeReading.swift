import Foundation
import Messages

@testable import Executor

/// What the translator makes of recorded lines.
struct ClaudeReading {
    var events: [(kind: EventKind, data: JSONValue)] = []
    var endings: [ClaudeTranslator.Ending] = []
    var sessions: Set<String> = []
    var permissions: [ControlRequest] = []
    var withdrawn: [String] = []
    var ignored = 0
    /// How often a turn was called hopeless.
    var hopeless = 0
    var verdict: ClaudeTranslator.Ending?

    /// Reads the file `Recorded/NAME.jsonl`.
    init(recording name: String, _ change: (String) -> String = { $0 }) throws {
        try self.init(Self.lines(name).map(change))
    }

    init(_ lines: [String]) throws {
        var translator = ClaudeTranslator()
        for line in lines {
            let parsed = try? JSONDecoder().decode(ClaudeLine.self, from: Data(line.utf8))
            for output in parsed.map({ translator.read($0) }) ?? translator.ignore(Array(line.utf8)) {
                try take(output)
            }
        }
        ignored = translator.ignored
        verdict = translator.verdict
    }

    private mutating func take(_ output: ClaudeTranslator.Output) throws {
        switch output {
        case .event(let event):
            events.append((event.kind, try JSONDecoder().decode(JSONValue.self, from: Data(event.payload))))
        case .session(let id): sessions.insert(id)
        case .permission(_, let request): permissions.append(request)
        case .withdrawn(let id): withdrawn.append(id)
        case .unknownRequest, .answered: break
        case .hopeless: hopeless += 1
        case .ended(let ending): endings.append(ending)
        }
    }

    static func lines(_ name: String) throws -> [String] {
        let url = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Recorded/\(name).jsonl")
        return try String(contentsOf: url, encoding: .utf8).split(separator: "\n").map(String.init)
    }

    func all(_ kind: EventKind) -> [JSONValue] { events.filter { $0.kind == kind }.map(\.data) }

    func texts(_ kind: EventKind) -> [String] { all(kind).compactMap { $0["content"]?["text"]?.string } }

    /// The texts of the answer by their ids, the pieces of each joined.
    var answers: [String: String] {
        all(.agentMessageChunk).reduce(into: [:]) { texts, chunk in
            texts[chunk["_meta"]?["messageId"]?.string ?? "", default: ""] += chunk["content"]?["text"]?.string ?? ""
        }
    }

    /// The messages of log events of a level.
    func logs(_ level: String) -> [String] {
        all(.log).filter { $0["level"]?.string == level }.compactMap { $0["message"]?.string }
    }

    /// The texts of the answer that log events call superseded.
    var superseded: [String] {
        all(.log).flatMap { $0["_meta"]?["superseded"]?.array ?? [] }.compactMap(\.string).compactMap { answers[$0] }
    }

    /// The last state of each tool call.
    var calls: [String: String] {
        events.filter { $0.kind == .toolCall || $0.kind == .toolCallUpdate }.reduce(into: [:]) { calls, event in
            calls[event.data["toolCallId"]?.string ?? ""] = event.data["status"]?.string
        }
    }
}

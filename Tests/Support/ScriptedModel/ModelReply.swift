import Foundation

/// A response of the model, in the two formats of the Messages API.
struct ModelReply {
    let model: String
    let blocks: [Turn.Block]
    private let id = "msg_\(UUID().uuidString.filter { $0 != "-" }.lowercased())"

    init(model: String, blocks: [Turn.Block]) {
        self.model = model
        self.blocks = blocks
    }

    private var stopReason: String {
        blocks.contains { if case .tool = $0 { true } else { false } } ? "tool_use" : "end_turn"
    }

    /// Passes the server-sent events to `send`, each as soon as it is due.
    func stream(_ send: (String) async throws -> Void) async throws {
        func event(_ type: String, _ rest: String) async throws {
            try await send("event: \(type)\ndata: {\"type\":\"\(type)\"\(rest)}\n\n")
        }
        try await event(
            "message_start",
            #","message":{"id":"\#(id)","type":"message","role":"assistant","model":\#(Self.quoted(model)),"content":[],"#
                + #""stop_reason":null,"stop_sequence":null,"usage":{"input_tokens":10,"output_tokens":1}}"#)
        for (index, block) in blocks.enumerated() {
            let start: String
            let deltas: [Turn.Piece]
            let type: String
            let field: String
            switch block {
            case .text(let pieces):
                (start, deltas, type, field) = (#"{"type":"text","text":""}"#, pieces, "text_delta", "text")
            case .thinking(let pieces):
                start = #"{"type":"thinking","thinking":"","signature":""}"#
                (deltas, type, field) = (pieces, "thinking_delta", "thinking")
            case .cutTool(let name, let input, let gate):
                start = #"{"type":"tool_use","id":"\#(toolID(index))","name":\#(Self.quoted(name)),"input":{}}"#
                (deltas, type, field) = ([.token(input), .gate(gate), .cut], "input_json_delta", "partial_json")
            case .tool(let name, let input):
                start = #"{"type":"tool_use","id":"\#(toolID(index))","name":\#(Self.quoted(name)),"input":{}}"#
                (deltas, type, field) = ([.token(input)], "input_json_delta", "partial_json")
            }
            try await event("content_block_start", #","index":\#(index),"content_block":\#(start)"#)
            for piece in deltas {
                switch piece {
                case .gate(let gate): try await gate.wait()
                case .cut: throw CancellationError()
                case .token(let text):
                    let delta = #"{"type":"\#(type)","\#(field)":\#(Self.quoted(text))}"#
                    try await event("content_block_delta", #","index":\#(index),"delta":\#(delta)"#)
                }
            }
            if case .thinking = block {
                let delta = #"{"type":"signature_delta","signature":"c2lnbmVk"}"#
                try await event("content_block_delta", #","index":\#(index),"delta":\#(delta)"#)
            }
            try await event("content_block_stop", #","index":\#(index)"#)
        }
        try await event(
            "message_delta",
            #","delta":{"stop_reason":"\#(stopReason)","stop_sequence":null},"usage":{"output_tokens":5}"#)
        try await event("message_stop", "")
    }

    /// Returns the whole response as one JSON object, for a client that does not stream.
    func whole() async throws -> String {
        var content: [String] = []
        for (index, block) in blocks.enumerated() {
            switch block {
            case .text(let pieces): content.append(#"{"type":"text","text":\#(Self.quoted(try await text(pieces)))}"#)
            case .thinking(let pieces):
                let text = Self.quoted(try await text(pieces))
                content.append(#"{"type":"thinking","thinking":\#(text),"signature":"c2lnbmVk"}"#)
            case .cutTool: throw CancellationError()
            case .tool(let name, let input):
                content.append(
                    #"{"type":"tool_use","id":"\#(toolID(index))","name":\#(Self.quoted(name)),"input":\#(input)}"#)
            }
        }
        return #"{"id":"\#(id)","type":"message","role":"assistant","model":\#(Self.quoted(model)),"#
            + #""content":[\#(content.joined(separator: ","))],"stop_reason":"\#(stopReason)","stop_sequence":null,"#
            + #""usage":{"input_tokens":10,"output_tokens":5}}"#
    }

    private func text(_ pieces: [Turn.Piece]) async throws -> String {
        var text = ""
        for piece in pieces {
            switch piece {
            case .token(let token): text += token
            case .gate(let gate): try await gate.wait()
            case .cut: throw CancellationError()
            }
        }
        return text
    }

    private func toolID(_ index: Int) -> String { "toolu_\(id.dropFirst(4))\(index)" }

    /// Returns `text` as a JSON string.
    static func quoted(_ text: String) -> String {
        (try? JSONEncoder().encode(text)).map { String(decoding: $0, as: UTF8.self) } ?? "\"\""
    }
}

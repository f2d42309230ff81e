import Foundation
import TestSupport

/// A program that speaks Claude Code's protocol and then does what the real one cannot be made to do. It is chosen by the
/// prompt; see ``Trick``.
struct FakeClaude {
    enum Trick: String, CaseIterable, Sendable {
        /// Writes text that is no JSON, JSON that is no object and unknown types between its lines.
        case garbage
        /// Writes bytes that are not UTF-8.
        case bytes
        /// Writes a text of 20 MB in one line.
        case long
        /// Writes half of its last line, and ends.
        case half
        /// Ends with 0 before the turn is over.
        case quits
        /// Ends before it has answered anything.
        case silentExit
        /// Ignores interrupts and signals.
        case stubborn
        /// Closes its output and stays.
        case mute
        /// Writes its result twice.
        case twice
    }

    /// The program's path.
    let path: String

    init(in folder: TemporaryDirectory) throws {
        path = folder.file("fake-claude")
        try Self.program.write(toFile: path, atomically: true, encoding: .utf8)
        try FileManager.default.setAttributes([.posixPermissions: 0o755], ofItemAtPath: path)
    }

    private static let program = """
        #!/usr/bin/env python3
        import json, os, signal, sys, time
        if "--version" in sys.argv:
            print("0.0.0 (fake)"); sys.exit(0)
        out = sys.stdout.buffer
        def raw(data): out.write(data); out.flush()
        def line(value): raw(json.dumps(value).encode() + b"\\n")
        def text(words):
            for event in ({"type": "message_start", "message": {"id": "m", "role": "assistant", "content": []}},
                          {"type": "content_block_start", "index": 0, "content_block": {"type": "text", "text": ""}},
                          {"type": "content_block_delta", "index": 0, "delta": {"type": "text_delta", "text": words}},
                          {"type": "content_block_stop", "index": 0}, {"type": "message_stop"}):
                line({"type": "stream_event", "event": event, "session_id": "s", "parent_tool_use_id": None})
            line({"type": "assistant", "session_id": "s", "parent_tool_use_id": None,
                  "message": {"id": "m", "role": "assistant", "content": [{"type": "text", "text": words}]}})
        result = {"type": "result", "subtype": "success", "is_error": False, "result": "", "session_id": "s",
                  "num_turns": 1, "duration_ms": 1, "usage": {"input_tokens": 1, "output_tokens": 1}}
        def done(): line(result)
        def turn(trick):
            line({"type": "system", "subtype": "init", "session_id": "s", "tools": [], "model": "m"})
            text("hello ")
            if trick == "garbage":
                raw(b"Warning: something\\n\\n[1,2]\\n42\\n\\"text\\"\\n{\\"type\\":7}\\n{\\"no\\":\\"type\\"}\\n{\\"type\\":\\"novel\\"}\\n{broken\\n")
                text("world"); done()
            elif trick == "bytes":
                raw(b"\\xff\\xfe\\x00\\n"); raw(b'{"type":"novel","x":"\\xff"}\\n'); text("world"); done()
            elif trick == "long":
                text("x" * 20000000 + " world"); done()
            elif trick == "half":
                raw(json.dumps(result).encode()[:40]); sys.exit(0)
            elif trick == "quits":
                sys.exit(0)
            elif trick == "mute":
                os.close(1); time.sleep(600)
            elif trick == "stubborn":
                for number in (signal.SIGINT, signal.SIGTERM, signal.SIGHUP): signal.signal(number, signal.SIG_IGN)
                text("stubborn")
                while True: time.sleep(1)
            elif trick == "twice":
                text("world"); done(); done()
            else:
                text("world"); done()
        for received in sys.stdin:
            message = json.loads(received)
            if message["type"] == "control_request":
                line({"type": "control_response", "response": {"subtype": "success",
                      "request_id": message["request_id"], "response": {}}})
            elif message["type"] == "user":
                content = message["message"]["content"]
                words = content if isinstance(content, str) else content[-1]["text"]
                if "silentExit" in words: sys.exit(0)
                turn(words.strip())

        """
}

import Foundation
import Messages
import TestSupport
import Testing

@testable import Executor

@Suite("Pieces of a byte stream")
struct TextSplitterTests {
    /// Joins the texts and the bytes from the pieces' JSON, as a viewer does.
    private func joined(_ pieces: [ContentBlock]) throws -> (text: String, bytes: [UInt8]) {
        var (text, bytes) = ("", [UInt8]())
        for piece in pieces {
            var writer = JSONWriter()
            piece.write(to: &writer)
            let content = try JSONDecoder().decode(JSONValue.self, from: Data(writer.bytes))
            let part = try #require(content["text"]?.string)
            text += part
            if let data = content["data"]?.string {
                #expect(content["encoding"]?.string == "base64")
                bytes += try #require(Data(base64Encoded: data))
            } else {
                bytes += Array(part.utf8)
            }
        }
        return (text, bytes)
    }

    private func pieces(_ reads: [some Collection<UInt8>], limit: Int = Limits.eventText) -> [ContentBlock] {
        var splitter = TextSplitter(limit: limit)
        return reads.flatMap { splitter.feed(Array($0)) } + splitter.finish()
    }

    @Test("Text survives reads of any size", arguments: [1, 2, 3, 5, 7, 64])
    func survivesAnyReads(read: Int) throws {
        let text = Array("plain, ünïcode, 漢字, 👩‍👩‍👧, \"quoted\\\", \u{0}\u{1b}[31m\r\n\tend".utf8)
        let reads = stride(from: 0, to: text.count, by: read).map { text[$0..<min($0 + read, text.count)] }
        let pieces = pieces(reads)
        #expect(try joined(pieces).bytes == text)
        for piece in pieces {
            guard case .escapedText = piece else { return #expect(Bool(false), "valid text must stay text") }
        }
    }

    @Test("Only an incomplete character is held back")
    func holdsIncompleteCharacter() {
        var splitter = TextSplitter()
        let pieces = [splitter.feed(Array("a".utf8) + [0xe6, 0xbc]), splitter.feed([0xa2]), splitter.finish()]
        #expect(pieces == [[.escapedText(Array("a".utf8))], [.escapedText(Array("漢".utf8))], []])
    }

    @Test("Pieces keep to the limit after escaping")
    func limitsPieces() throws {
        for text in [[UInt8](repeating: 0, count: 50_000), Array(String(repeating: "漢\"", count: 40_000).utf8)] {
            let pieces = pieces([text])
            #expect(pieces.count > 1)
            for case .escapedText(let escaped) in pieces { #expect(escaped.count <= 64 << 10) }
            #expect(try joined(pieces).bytes == text)
        }
    }

    @Test("Noise arrives byte for byte, in few pieces")
    func encodesNoise() throws {
        var generator = SystemRandomNumberGenerator()
        let noise = (0..<300_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        let pieces = pieces([noise])
        #expect(try joined(pieces).bytes == noise)
        #expect(pieces.count < 40)
    }

    static let encodings: [(bytes: [UInt8], text: String)] = [
        // Latin-1.
        (Array("Gr".utf8) + [0xfc, 0xdf] + Array("e aus K\n".utf8), "Gr\u{fffd}\u{fffd}e aus K\n"),
        // Shift-JIS, 日本 ok.
        ([0x93, 0xfa, 0x96, 0x7b] + Array(" ok\n".utf8), "\u{fffd}\u{fffd}\u{fffd}{ ok\n"),
        // UTF-16 with a byte order mark.
        ([0xff, 0xfe, 0x61, 0, 0x62, 0, 0x0a, 0], "\u{fffd}\u{fffd}a\0b\0\n\0"),
        // A character that does not go on, and bytes that continue none.
        (
            Array("a".utf8) + [0xe6, 0xbc] + Array("b".utf8) + [0x80, 0xbf] + Array("ü".utf8),
            "a\u{fffd}b\u{fffd}\u{fffd}ü"
        ),
        // U+FFFD itself.
        (Array("x\u{fffd}y".utf8), "x\u{fffd}y"),
    ]

    @Test("Only the bytes that are not UTF-8 are replaced, wherever the reads fall", arguments: encodings)
    func replacesBadBytesOnly(_ sample: (bytes: [UInt8], text: String)) throws {
        for cut in 0...sample.bytes.count {
            let joined = try joined(pieces([sample.bytes[..<cut], sample.bytes[cut...]]))
            #expect(joined.text == sample.text && joined.bytes == sample.bytes)
        }
    }

    @Test("Lines around a bad byte stay text without a second form")
    func encodesFewBytes() throws {
        let line = Array((String(repeating: "x", count: 79) + "\n").utf8)
        let lines = Array(repeatElement(line, count: 500).joined())
        let pieces = pieces([lines + [0xff] + lines])
        #expect(pieces.count == 3)
        for case .replacedText(_, let bytes) in pieces { #expect(bytes.count < 1000) }
        #expect(try joined(pieces).bytes == lines + [0xff] + lines)
    }

    @Test("Text and bytes are the same however the reads fall", arguments: SeededNumbers.seeds(60))
    func anyReads(_ seed: UInt64) throws {
        var random = SeededNumbers(seed: seed)
        let parts: [[UInt8]] =
            Self.encodings.map(\.bytes) + [
                Array("plain text\n".utf8), Array("漢字 👩‍👩‍👧 é\"\\\u{0}\u{1b}[31m\r\n".utf8), [0xf0, 0x9f], [0xc0, 0x80],
                [UInt8](repeating: 0x41, count: 700),
            ]
        var stream: [UInt8] = []
        for _ in 0..<Int.random(in: 1...40, using: &random) {
            stream += parts.randomElement(using: &random) ?? []
            if Int.random(in: 0..<4, using: &random) == 0 { stream.append(.random(in: 0...255, using: &random)) }
        }
        let limit = [16, 100, 4096, Limits.eventText].randomElement(using: &random) ?? 16
        let reads = random.cut(stream, longest: [1, 3, 50, 5000].randomElement(using: &random) ?? 1)
        let pieces = pieces(reads, limit: limit)
        let joined = try joined(pieces)
        #expect(joined.bytes == stream)
        #expect(joined.text.utf8.elementsEqual(String(decoding: stream, as: UTF8.self).utf8))
        for piece in pieces {
            switch piece {
            case .escapedText(let escaped): #expect(escaped.count <= limit)
            case .text(let text): #expect(text.utf8.reduce(0) { $0 + JSONWriter.width($1) } <= limit)
            case .replacedText(let text, let bytes):
                #expect(text.utf8.reduce(0) { $0 + JSONWriter.width($1) } + (bytes.count + 2) / 3 * 4 <= limit)
            case .binary, .other: Issue.record("a piece without text")
            }
        }
    }

    @Test("A character that is never completed comes out at the end")
    func flushesIncompleteCharacter() throws {
        var splitter = TextSplitter()
        let pieces = [splitter.feed([0xf0, 0x9f]), splitter.finish()]
        #expect(pieces == [[], [.replacedText("\u{fffd}", bytes: [0xf0, 0x9f])]])
    }

    @Test(
        "Overlong forms, surrogates and stray bytes are not UTF-8",
        arguments: [[0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe0, 0x80, 0x80], [0x80]])
    func rejectsInvalidUTF8(bytes: [Int]) {
        #expect(UTF8Character.at(0, in: bytes.map(UInt8.init)) == .invalid(1))
    }

    @Test("A line of 20 MB is cut into pieces and nothing is lost")
    func cutsLongLine() throws {
        let line = [UInt8](repeating: UInt8(ascii: "x"), count: 20 << 20)
        var splitter = TextSplitter()
        var total = 0
        for start in stride(from: 0, to: line.count, by: 64 << 10) {
            for case .escapedText(let piece) in splitter.feed(Array(line[start..<min(start + 64 << 10, line.count)])) {
                #expect(piece.count <= 64 << 10)
                total += piece.count
            }
        }
        #expect(total == line.count)
    }
}

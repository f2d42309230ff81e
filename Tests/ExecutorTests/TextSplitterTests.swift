import Foundation
import Messages
import Testing

@testable import Executor

@Suite("Pieces of a byte stream")
struct TextSplitterTests {
    /// Joins the bytes from the pieces' JSON, as a viewer does.
    private func joined(_ pieces: [ContentBlock]) throws -> [UInt8] {
        try pieces.flatMap { piece -> [UInt8] in
            var writer = JSONWriter()
            piece.write(to: &writer)
            let content = try JSONDecoder().decode(JSONValue.self, from: Data(writer.bytes))
            if let text = content["text"]?.string { return Array(text.utf8) }
            #expect(content["encoding"]?.string == "base64")
            let data = try #require(content["data"]?.string)
            return [UInt8](try #require(Data(base64Encoded: data)))
        }
    }

    @Test("Text survives reads of any size", arguments: [1, 2, 3, 5, 7, 64])
    func survivesAnyReads(read: Int) throws {
        let text = Array("plain, ünïcode, 漢字, 👩‍👩‍👧, \"quoted\\\", \u{0}\u{1b}[31m\r\n\tend".utf8)
        var splitter = TextSplitter()
        var pieces: [ContentBlock] = []
        for start in stride(from: 0, to: text.count, by: read) {
            pieces += splitter.feed(Array(text[start..<min(start + read, text.count)]))
        }
        pieces += splitter.finish()
        #expect(try joined(pieces) == text)
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
            var splitter = TextSplitter()
            let pieces = splitter.feed(text) + splitter.finish()
            #expect(pieces.count > 1)
            for case .escapedText(let escaped) in pieces { #expect(escaped.count <= 64 << 10) }
            #expect(try joined(pieces) == text)
        }
    }

    @Test("Bytes that are not UTF-8 travel as base64")
    func encodesBinary() throws {
        var generator = SystemRandomNumberGenerator()
        let noise = (0..<300_000).map { _ in UInt8.random(in: 0...255, using: &generator) }
        var splitter = TextSplitter()
        let pieces = splitter.feed(noise) + splitter.finish()
        #expect(try joined(pieces) == noise)
        #expect(pieces.count < 20)
        for case .binary(let bytes) in pieces { #expect((bytes.count + 2) / 3 * 4 <= 64 << 10) }
    }

    @Test("A character that is never completed comes out at the end")
    func flushesIncompleteCharacter() throws {
        var splitter = TextSplitter()
        let pieces = [splitter.feed([0xf0, 0x9f]), splitter.finish()]
        #expect(pieces == [[], [.binary([0xf0, 0x9f])]])
    }

    @Test(
        "Overlong forms, surrogates and stray bytes are not UTF-8",
        arguments: [[0xc0, 0x80], [0xed, 0xa0, 0x80], [0xf5, 0x80, 0x80, 0x80], [0xe0, 0x80, 0x80], [0x80]])
    func rejectsInvalidUTF8(bytes: [Int]) {
        #expect(UTF8Character.at(0, in: bytes.map(UInt8.init)) == .invalid)
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

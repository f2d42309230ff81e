import Testing

@testable import Executor

@Suite("Lines of a byte stream")
struct LineSplitterTests {
    @Test("Lines come out whole, whatever the sizes of the reads", arguments: [1, 3, 1000])
    func splitsLines(read: Int) {
        let text = Array("one\ntwo\n\nthree and more\nlast".utf8)
        var splitter = LineSplitter()
        var lines: [[UInt8]] = []
        for start in stride(from: 0, to: text.count, by: read) {
            lines += splitter.feed(Array(text[start..<min(start + read, text.count)]))
        }
        if let rest = splitter.finish() { lines.append(rest) }
        #expect(lines.map { String(decoding: $0, as: UTF8.self) } == ["one", "two", "three and more", "last"])
    }

    @Test("A line of 20 MB comes out in one piece")
    func keepsLongLine() {
        var splitter = LineSplitter()
        var lines: [[UInt8]] = []
        for _ in 0..<320 { lines += splitter.feed([UInt8](repeating: 0x61, count: 64 << 10)) }
        lines += splitter.feed([0x0a])
        #expect(lines.map(\.count) == [20 << 20])
        let rest = splitter.finish()
        #expect(rest == nil)
    }
}

extension LineSplitterTests {
    @Test("A line that is too long is dropped, its neighbours are not")
    func dropsTooLongLine() {
        var splitter = LineSplitter(limit: 4)
        let read = ["ab\ncdef", "gh", "ij\nklmn\nopqrs\nt"].flatMap { splitter.feed(Array($0.utf8)) }
        #expect(read.map { String(decoding: $0, as: UTF8.self) } == ["ab", "klmn"])
        #expect(splitter.skipped == 2)
        #expect(splitter.finish() == Array("t".utf8))
    }
}

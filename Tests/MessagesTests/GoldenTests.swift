import Foundation
import Messages
import Testing

/// Pins the bytes of every message, so that a change of the wire shows in a diff. Set
/// `WEGENT_WRITE_GOLDEN=1` to write the newest version's files that are missing.
@Suite("Golden files of the messages")
struct GoldenTests {
    static let folder = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "Golden")
    /// A message that has gained fields has a file in each of these folders; the newest has every field.
    static let versions = ["v4", "v3", "v2", "v1"]

    static func file(of type: any Message.Type) -> URL { files(of: type).first ?? path(of: type, versions[0]) }

    /// Returns the golden files of a type, the newest first.
    static func files(of type: any Message.Type) -> [URL] {
        versions.map { path(of: type, $0) }.filter { FileManager.default.fileExists(atPath: $0.path) }
    }

    private static func path(of type: any Message.Type, _ version: String) -> URL {
        folder.appending(path: version)
            .appending(path: type.type + (type is any BinaryMessage.Type ? ".bin" : ".json"))
    }

    @Test("Every type of the catalogue has a sample")
    func everyTypeHasASample() {
        #expect(Samples.all.map { Swift.type(of: $0).type } == Catalogue.all.map { $0.type })
    }

    @Test("Names of types are unique and fit the header")
    func namesFitTheHeader() {
        let names = Catalogue.all.map { $0.type }
        #expect(Set(names).count == names.count)
        #expect(
            names.allSatisfy { $0.utf8.count <= Header.longestType && $0.utf8.allSatisfy { $0 > 0x20 && $0 < 0x7f } })
    }

    @Test("Each message is written and read as its newest golden file", arguments: Samples.all.indices)
    func bytesAreTheGoldenFiles(index: Int) throws {
        let sample = Samples.all[index]
        let bytes = try Wire.encode(sample)
        let newest = Self.path(of: Swift.type(of: sample), Self.versions[0])
        if ProcessInfo.processInfo.environment["WEGENT_WRITE_GOLDEN"] == "1",
            !FileManager.default.fileExists(atPath: newest.path),
            (try? Data(contentsOf: Self.file(of: Swift.type(of: sample)))) != Data(bytes)
        {
            try FileManager.default.createDirectory(
                at: newest.deletingLastPathComponent(), withIntermediateDirectories: true)
            try Data(bytes).write(to: newest)
        }
        let file = Self.file(of: Swift.type(of: sample))
        let golden = [UInt8](try Data(contentsOf: file))
        #expect(golden == bytes, "\(file.lastPathComponent) is \(String(decoding: bytes, as: UTF8.self)) now")
        try Self.reads(golden, as: sample)
    }

    /// Decoding an earlier version's file and encoding the value gives the same bytes.
    @Test("Golden files of earlier versions are still read", arguments: Samples.all.indices)
    func earlierBytesAreRead(index: Int) throws {
        for file in Self.files(of: Swift.type(of: Samples.all[index])).dropFirst() {
            let golden = [UInt8](try Data(contentsOf: file))
            try Self.reads(golden, as: Samples.all[index], saying: golden)
        }
    }

    private static func reads<M: Message>(_ golden: [UInt8], as sample: M, saying same: [UInt8]) throws {
        #expect(try Wire.encode(Wire.decode(M.self, from: golden)) == same)
    }

    private static func reads<M: Message>(_ golden: [UInt8], as sample: M) throws {
        let read = try Wire.decode(M.self, from: golden)
        #expect(try Wire.encode(read) == Wire.encode(sample))
    }

    @Test("Unknown fields are ignored")
    func unknownFieldsAreIgnored() throws {
        let body = [UInt8](#"{"incarnation":"0190a0b0-0000-7000-8000-000000000004","mood":"fine"}"#.utf8)
        #expect(try Wire.decode(Ping.self, from: body) == Ping(incarnation: Samples.incarnation))
    }

    @Test("Unknown names of an open set survive a round trip")
    func unknownNamesSurvive() throws {
        let text = String(decoding: try Wire.encode(Samples.view), as: UTF8.self)
            .replacing(#""state":"queued""#, with: #""state":"dreaming""#)
        let view = try Wire.decode(TaskView.self, from: [UInt8](text.utf8))
        #expect(view.state.rawValue == "dreaming")
        #expect(String(decoding: try Wire.encode(view), as: UTF8.self) == text)
    }
}

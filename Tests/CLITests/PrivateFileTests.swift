import Foundation
import TestSupport
import Testing

@testable import CLI

@Suite("Files that only their owner can read")
struct PrivateFileTests {
    let folder: TemporaryDirectory
    let saved = SavedConnection(url: "http://a", token: "t", user: "u", writtenBy: .up)

    init() throws { folder = try TemporaryDirectory() }

    @Test("A file is written with mode 0600, read and removed")
    func writesReadsRemoves() throws {
        let path = folder.file("config/wegent/config.json")
        try PrivateFile.write(saved, to: path)
        try PrivateFile.write(saved, to: path)
        let attributes = try FileManager.default.attributesOfItem(atPath: path)
        #expect(attributes[.posixPermissions] as? Int == 0o600)
        #expect(try PrivateFile.read(SavedConnection.self, from: path) == saved)
        #expect(try FileManager.default.contentsOfDirectory(atPath: folder.file("config/wegent")) == ["config.json"])
        try PrivateFile.remove(path)
        try PrivateFile.remove(path)
        #expect(try PrivateFile.read(SavedConnection.self, from: path) == nil)
    }

    @Test("The error for a damaged file names it")
    func damagedFile() throws {
        let path = try folder.write("{", to: "config.json")
        let failure = #expect(throws: CommandError.self) { try PrivateFile.read(SavedConnection.self, from: path) }
        #expect(failure?.description == "\(path) is not valid JSON of the expected form; delete it and try again")
    }

    @Test("The error for an unwritable path names it")
    func unwritablePath() throws {
        let file = try folder.write("", to: "file")
        let failure = #expect(throws: CommandError.self) { try PrivateFile.write(saved, to: "\(file)/config.json") }
        #expect(failure?.description.contains(file) == true)
    }
}

import Foundation
import TestSupport
import Testing

@testable import CLI

struct PrivateFileTests {
    let folder: TemporaryDirectory
    let saved = SavedConnection(url: "http://a", token: "t", user: "u", madeBy: .up)

    init() throws { folder = try TemporaryDirectory() }

    @Test func onlyItsOwnerCanReadIt() throws {
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

    @Test func namesADamagedFile() throws {
        let path = try folder.write("{", to: "config.json")
        let failure = #expect(throws: Failure.self) { try PrivateFile.read(SavedConnection.self, from: path) }
        #expect(failure?.description == "\(path) is damaged; remove it and try again")
    }

    @Test func namesAPlaceThatCannotBeWritten() throws {
        let file = try folder.write("", to: "file")
        let failure = #expect(throws: Failure.self) { try PrivateFile.write(saved, to: "\(file)/config.json") }
        #expect(failure?.description.contains(file) == true)
    }
}

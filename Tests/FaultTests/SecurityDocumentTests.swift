import Foundation
import TestSupport
import Testing

/// The tests that docs/security.md names must exist.
@Suite("docs/security.md")
struct SecurityDocumentTests {
    @Test("Every attack names existing tests")
    func named() throws {
        let document = try String(contentsOfFile: "\(Binaries.checkout)/docs/security.md", encoding: .utf8)
        let folder = "\(Binaries.checkout)/Tests"
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix("Tests.swift") }
        let tests = try files.map { try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8) }.joined()
        let tables = document.components(separatedBy: "\n| Attack | Expected | Test |\n").dropFirst()
        #expect(!tables.isEmpty)
        for table in tables {
            let rows = table.split(separator: "\n", omittingEmptySubsequences: false).prefix { $0.hasPrefix("|") }
                .dropFirst()
            #expect(!rows.isEmpty)
            for row in rows {
                let names = (row.split(separator: "|").last ?? "").split(separator: "`")
                    .filter { !$0.trimmingCharacters(in: [" ", ","]).isEmpty }
                #expect(!names.isEmpty, "\(row)")
                for name in names { #expect(tests.contains("\"\(name)\""), "there is no test '\(name)'") }
            }
        }
    }
}

import Foundation
import TestSupport
import Testing

/// The tests that docs/reliability.md names must exist.
@Suite("docs/reliability.md")
struct ReliabilityDocumentTests {
    private let document: String
    private let tests: String

    init() throws {
        document = try String(contentsOfFile: "\(Binaries.checkout)/docs/reliability.md", encoding: .utf8)
        let folder = "\(Binaries.checkout)/Tests"
        let files = try FileManager.default.subpathsOfDirectory(atPath: folder).filter { $0.hasSuffix("Tests.swift") }
        tests = try files.map { try String(contentsOfFile: "\(folder)/\($0)", encoding: .utf8) }.joined()
    }

    /// Returns the last cell of each table row under a heading.
    private func cells(under heading: String) throws -> [Substring] {
        let start = try #require(document.range(of: "\n## \(heading)\n"))
        let section = document[start.upperBound...].prefix(
            upTo: document[start.upperBound...].range(of: "\n## ")?.lowerBound ?? document.endIndex)
        return section.split(separator: "\n").filter { $0.hasPrefix("|") }.dropFirst(2).compactMap {
            $0.split(separator: "|").last
        }
    }

    @Test("Every promise and every row names existing tests", arguments: ["Promises", "When something dies"])
    func named(heading: String) throws {
        let rows = try cells(under: heading)
        #expect(rows.count > 10)
        for row in rows {
            let names = row.split(separator: "`").filter { !$0.trimmingCharacters(in: [" ", ","]).isEmpty }
            #expect(!names.isEmpty, "\(row)")
            for name in names {
                #expect(
                    ["`\(name)`", "\"\(name)\"", "func \(name)("].contains { tests.contains($0) },
                    "there is no test '\(name)'")
            }
        }
    }
}

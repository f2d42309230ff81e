import Foundation
import Messages
import TestSupport
import Testing

@testable import Gateway

@Suite("docs/api.md")
struct DocumentTests {
    private func document() throws -> String {
        try String(contentsOfFile: "\(Binaries.checkout)/docs/api.md", encoding: .utf8)
    }

    @Test("The document has every route and no other")
    func routes() async throws {
        let headings = try document().split(separator: "\n").filter { $0.hasPrefix("### `") }
            .compactMap { $0.split(separator: "`").dropFirst().first.map(String.init) }
        try await Site.with { site in
            let table = try #require(site.server.routes)
            #expect(Set(headings) == Set(table.map { "\($0.method) \($0.path)" }))
            #expect(headings.count == Set(headings).count)
        }
    }

    @Test("The document has every error code of an answer, with its status, and no other")
    func codes() throws {
        var listed: [String: Int] = [:]
        for line in try document().split(separator: "\n") where line.hasPrefix("| `") {
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard cells.count == 3, let status = Int(cells[1].prefix(3)) else { continue }
            listed[cells[0].trimmingCharacters(in: CharacterSet(charactersIn: "`"))] = status
        }
        let answered = Problem.statuses.reduce(into: [:]) { $0[$1.key.rawValue] = $1.value.code }
        #expect(listed == answered)
        #expect(Set(Problem.statuses.keys).isSubset(of: Set(ErrorCode.all)))
        #expect(Problem.translations.values.allSatisfy { Problem.statuses[$0] != nil })
    }
}

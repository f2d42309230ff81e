import Foundation
import TestSupport

/// One page of the documentation, as lines.
struct Page: Sendable, CustomStringConvertible {
    /// Its path in the checkout, such as `docs/cli.md`.
    let path: String
    let lines: [String]

    var description: String { path }

    init(_ path: String) throws {
        self.path = path
        let text = try String(contentsOfFile: "\(Binaries.checkout)/\(path)", encoding: .utf8)
        lines = text.split(separator: "\n", omittingEmptySubsequences: false).map(String.init)
    }

    /// `README.md`, `CHANGELOG.md` and every page of `docs/`.
    static let paths: [String] = {
        let folder = (try? FileManager.default.contentsOfDirectory(atPath: "\(Binaries.checkout)/docs")) ?? []
        return ["README.md", "CHANGELOG.md"] + folder.filter { $0.hasSuffix(".md") }.sorted().map { "docs/\($0)" }
    }()

    /// The table rows below a heading, each as its trimmed cells, without the two lines of the table's head.
    func rows(below heading: String) -> [[String]] {
        guard let start = lines.firstIndex(of: heading) else { return [] }
        return lines[(start + 1)...].prefix { !$0.hasPrefix("## ") }.filter { $0.hasPrefix("|") }.dropFirst(2)
            .map { $0.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) } }
    }
}

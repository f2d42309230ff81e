import Foundation
import TestSupport
import Testing

/// What the pages name is there.
@Suite("The pages of the documentation")
struct PageTests {
    /// Every file of the repository that a page may name, as paths from its top.
    private static let files: [String] = ["Sources", "Tests", "docs", "deploy", ".ci"].flatMap { folder in
        (FileManager.default.enumerator(atPath: "\(Binaries.checkout)/\(folder)")?.allObjects ?? [])
            .compactMap { $0 as? String }.map { "\(folder)/\($0)" }
    }

    private static func exists(_ name: String) -> Bool {
        FileManager.default.fileExists(atPath: "\(Binaries.checkout)/\(name)")
            || files.contains { $0 == name || $0.hasSuffix("/\(name)") }
    }

    @Test("Every link leads to a file that is there", arguments: Page.paths)
    func links(path: String) throws {
        let folder = (path as NSString).deletingLastPathComponent
        for (index, line) in try Page(path).lines.enumerated() {
            for link in line.matches(of: /\]\(([^)#:]+)(#[^)]*)?\)/) {
                let target = ("\(folder)/\(link.1)" as NSString).standardizingPath
                #expect(Self.exists(target), "\(path):\(index + 1): \(link.1)")
            }
        }
    }

    @Test("Every source file in backticks is there", arguments: Page.paths)
    func sources(path: String) throws {
        for (index, line) in try Page(path).lines.enumerated() {
            for name in line.matches(
                of: /`([A-Za-z0-9_+\/.-]+\.swift|(Sources|Tests|docs|deploy|\.ci)\/[A-Za-z0-9_+\/.-]+)`/)
            {
                #expect(Self.exists(String(name.1)), "\(path):\(index + 1): there is no file '\(name.1)'")
            }
        }
    }

    @Test("Every term of the glossary names a file that is there")
    func glossary() throws {
        let rows = try Page("docs/glossary.md").lines.filter { $0.hasPrefix("| **") }
        #expect(rows.count > 50)
        for row in rows {
            let names = (row.split(separator: "|").last ?? "").matches(of: /`([^`]+\.swift)`/)
            #expect(!names.isEmpty, "\(row)")
            for name in names { #expect(Self.exists(String(name.1)), "there is no file '\(name.1)'") }
        }
        let terms = rows.compactMap { $0.firstMatch(of: /\*\*([^*]+)\*\*/).map { String($0.1) } }
        #expect(terms == terms.sorted { $0.lowercased() < $1.lowercased() })
    }

    @Test(
        "A command that is not run states what it needs, and every command is in a console block",
        arguments: Page.paths)
    func marks(path: String) throws {
        let page = try Page(path)
        for example in Example.all(of: page) {
            guard let reason = example.reason else { continue }
            print("not run: \(path):\(example.line): \(reason)")
            #expect(reason.hasPrefix("needs "), "\(path):\(example.line)")
        }
        let marks = page.lines.indices.filter { page.lines[$0].hasPrefix("<!-- not run:") }
        for mark in marks { #expect(page.lines[(mark + 1)...].first == "```console", "\(path):\(mark + 1)") }
        for (index, line) in page.lines.enumerated() {
            #expect(!line.contains(/^    (wegent|curl|make|export)\s/), "\(path):\(index + 1): use a console block")
            #expect(!line.contains(/^```(sh|bash|shell|text)/), "\(path):\(index + 1): use a console block")
        }
    }

    @Test("Every picture is what its text makes")
    func pictures() async throws {
        let draw = try ChildProcess(
            "/usr/bin/env", ["python3", "\(Binaries.checkout)/docs/pictures/draw.py", "--check"])
        let status = try await draw.exit()
        #expect(status == .exited(0), "\(draw.stderr.text)")
    }
}

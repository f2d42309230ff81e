import Foundation
import Messages
import Testing

/// Compares `docs/protocol.md` with the code: every type, every field, every name of an open set.
@Suite("docs/protocol.md")
struct ProtocolDocumentTests {
    static let text: String = {
        let root = URL(filePath: #filePath).deletingLastPathComponent().appending(path: "../..").standardizedFileURL
        return (try? String(contentsOf: root.appending(path: "docs/protocol.md"), encoding: .utf8)) ?? ""
    }()

    /// Returns the names in a column of the tables between a heading and the next one.
    static func rows(below heading: String, column: Int = 0) -> [String] {
        guard let start = text.range(of: "\n\(heading)\n") else { return [] }
        let section = text[start.upperBound...]
        var names: [String] = []
        for line in section.split(separator: "\n", omittingEmptySubsequences: false) {
            if line.hasPrefix("#") { break }
            let cells = line.split(separator: "|").map { $0.trimmingCharacters(in: .whitespaces) }
            guard line.hasPrefix("|"), cells.count > column, cells[column].hasPrefix("`") else { continue }
            names.append(cells[column].replacing("`", with: ""))
        }
        return names
    }

    @Test("The document has the types of the catalogue, in its order")
    func typesAreDescribedInOrder() {
        let headings = Self.text.split(separator: "\n").filter { $0.hasPrefix("### `") }
            .map { $0.dropFirst(5).dropLast() }.map(String.init)
        #expect(headings == Catalogue.all.map { $0.type })
    }

    @Test("Every field of a message is described", arguments: Samples.all.indices)
    func fieldsAreDescribed(index: Int) throws {
        let type = Swift.type(of: Samples.all[index])
        guard !(type is any BinaryMessage.Type) else { return }
        let json = try JSONSerialization.jsonObject(with: Data(contentsOf: GoldenTests.file(of: type)))
        let fields = Set(try #require(json as? [String: Any]).keys)
        #expect(Set(Self.rows(below: "### `\(type.type)`")) == fields)
    }

    @Test("Every name of an open set is described")
    func openSetsAreDescribed() {
        #expect(Self.rows(below: "## Error codes") == ErrorCode.all.map(\.rawValue))
        #expect(Self.rows(below: "## Task states") == TaskState.all.map(\.rawValue))
        #expect(Self.rows(below: "## Device statuses") == DeviceStatus.all.map(\.rawValue))
        #expect(Self.rows(below: "## Reasons of a status") == StatusReason.all.map(\.rawValue))
        #expect(Self.rows(below: "## Causes of a cut") == CutCause.all.map(\.rawValue))
        #expect(Self.rows(below: "## Reasons to wait") == WaitReason.all.map(\.rawValue))
        #expect(Self.rows(below: "## Priorities") == Priority.all.map(\.rawValue))
        #expect(Self.rows(below: "## When the device is offline") == IfOffline.all.map(\.rawValue))
        #expect(Self.rows(below: "## When the device goes away") == OnDisconnect.all.map(\.rawValue))
        #expect(Self.rows(below: "## Work in the background at the end of a turn") == Background.all.map(\.rawValue))
        #expect(Self.rows(below: "## At a usage limit") == OnLimit.all.map(\.rawValue))
        #expect(Self.rows(below: "## Permission modes") == PermissionMode.all.map(\.rawValue))
        #expect(Self.rows(below: "## States of an approval") == ApprovalState.all.map(\.rawValue))
        #expect(Self.rows(below: "## Decisions") == ApprovalDecision.all.map(\.rawValue))
        #expect(Self.rows(below: "## Kinds of an option") == ApprovalOptionKind.all.map(\.rawValue))
        #expect(Self.rows(below: "## Scopes of a decision") == ApprovalScope.all.map(\.rawValue))
        #expect(Self.rows(below: "## What a task waits for") == WaitingFor.all.map(\.rawValue))
        #expect(Self.rows(below: "### Choices") == Choices.names)
        #expect(Self.rows(below: "## Event kinds", column: 1) == EventKind.all.map(\.description))
    }
}

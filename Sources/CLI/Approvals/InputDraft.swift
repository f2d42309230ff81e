import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A tool's input as text for an editor, and the edited text as an input, as a value. An input with a `command` is edited
/// as that command; its other fields stay. Any other input is edited as JSON.
struct InputDraft: Sendable, Equatable {
    let original: JSONValue
    private let command: String?

    /// - Throws: ``CommandError`` where the input cannot be edited.
    init(_ approval: ApprovalView) throws {
        guard case .object = approval.input else { throw CommandError("the request has no input that can be edited") }
        guard approval.inputCut != true else {
            throw CommandError(
                "the input has more than \(Limits.approvalInput) bytes and was cut, so it cannot be edited; allow it as it is, "
                    + "or deny it with a message that says what to change")
        }
        original = approval.input
        command = original["command"]?.string
    }

    /// The ending of the file's name, by which editors know the language.
    var suffix: String { command == nil ? ".json" : ".sh" }

    /// The text to edit.
    var text: String {
        if let command { return command + "\n" }
        let encoder = JSONEncoder()
        encoder.outputFormatting = [.prettyPrinted, .sortedKeys, .withoutEscapingSlashes]
        let bytes = (try? encoder.encode(original)).map { [UInt8]($0) } ?? original.bytes
        return String(decoding: bytes, as: UTF8.self) + "\n"
    }

    /// Returns the input of an edited text.
    /// - Throws: ``CommandError`` where it is empty, not changed, or no JSON object.
    func input(_ edited: String) throws -> JSONValue {
        guard !edited.allSatisfy(\.isWhitespace) else { throw CommandError("the text is empty, so nothing was sent") }
        guard edited != text else { throw CommandError("the text was not changed, so nothing was sent") }
        guard command != nil, case .object(var fields) = original else { return try Self.read(edited) }
        fields["command"] = .string(edited.hasSuffix("\n") ? String(edited.dropLast()) : edited)
        return .object(fields)
    }

    /// Reads an input from JSON.
    /// - Throws: ``CommandError``.
    static func read(_ json: String) throws -> JSONValue {
        let value: JSONValue
        do { value = try JSONValue(reading: json.utf8) } catch {
            throw CommandError(
                "the input is not JSON, so nothing was sent: \((error as? Fault)?.message ?? "\(error)")")
        }
        guard case .object = value else { throw CommandError("the input is not a JSON object, so nothing was sent") }
        guard value.bytes.count <= Limits.approvalInput else {
            throw CommandError("the input has more than \(Limits.approvalInput) bytes, so nothing was sent")
        }
        return value
    }
}

import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// The rules that people have allowed for whole conversations on this device, in files that outlive the executor.
///
/// No patterns are matched here: a request comes with the rules that the agent itself would need, and is covered when each
/// of them was allowed. A new agent process has no rules; it requests permission, and the answer from here has the rules.
struct PermissionRules: Sendable {
    /// One file a conversation.
    let directory: String

    /// The most rules that are stored for a conversation; beyond them permission is asked each time.
    static let most = 256

    /// Returns the allowed rules; none where the file is missing or cannot be read, so that permission is asked again.
    func allowed(in conversation: ConversationID) -> Set<PermissionRule> {
        guard let data = try? Data(contentsOf: URL(filePath: path(conversation))) else { return [] }
        return (try? JSONDecoder().decode(Set<PermissionRule>.self, from: data)) ?? []
    }

    /// Stores rules before they are used.
    /// - Throws: ``Fault`` with code `storage_failed`; `conflict` when there are too many.
    func allow(_ rules: [PermissionRule], in conversation: ConversationID) throws {
        let kept = allowed(in: conversation)
        let all = kept.union(rules)
        guard all != kept else { return }
        guard all.count <= Self.most else {
            throw Fault(.conflict, "\(Self.most) rules are stored for this conversation, which is the most")
        }
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let sorted = all.sorted { $0.description < $1.description }
            try encoder.encode(sorted).write(to: URL(filePath: path(conversation)), options: .atomic)
        } catch { throw Fault(.storageFailed, "\(path(conversation)) cannot be written: \(error)") }
    }

    /// Whether every rule that a request needs was allowed.
    static func cover(_ request: PermissionRequest, _ allowed: Set<PermissionRule>) -> Bool {
        guard !request.rules.isEmpty else { return false }
        return request.rules.allSatisfy { allowed.contains($0) || allowed.contains(PermissionRule(tool: $0.tool)) }
    }

    private func path(_ conversation: ConversationID) -> String { "\(directory)/\(conversation).json" }
}

import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// What people have allowed for whole conversations on this device, kept in files so that it outlives the executor.
///
/// Whether a rule covers a wish is not decided by reading patterns: a wish comes with the rules that the agent itself
/// would need, and is covered when each of them was allowed. A new agent process knows no rule; it asks, is answered
/// from here, and is told the rule with the answer.
struct PermissionRules: Sendable {
    /// One file a conversation.
    let directory: String

    /// The most rules that are kept of a conversation; somebody who allows more is asked again.
    static let most = 256

    /// What was allowed; nothing when nothing was or the file cannot be read, so that it is asked again.
    func allowed(in conversation: ConversationID) -> Set<PermissionRule> {
        guard let data = try? Data(contentsOf: URL(filePath: path(conversation))) else { return [] }
        return (try? JSONDecoder().decode(Set<PermissionRule>.self, from: data)) ?? []
    }

    /// Keeps rules before they are used.
    /// - Throws: ``Fault`` with code `storage_failed`; `conflict` when there are too many.
    func allow(_ rules: [PermissionRule], in conversation: ConversationID) throws {
        let kept = allowed(in: conversation)
        let all = kept.union(rules)
        guard all != kept else { return }
        guard all.count <= Self.most else {
            throw Fault(.conflict, "\(Self.most) permissions of this conversation are kept, and no more")
        }
        do {
            let encoder = JSONEncoder()
            encoder.outputFormatting = [.sortedKeys, .withoutEscapingSlashes]
            let sorted = all.sorted { $0.description < $1.description }
            try encoder.encode(sorted).write(to: URL(filePath: path(conversation)), options: .atomic)
        } catch { throw Fault(.storageFailed, "\(path(conversation)) cannot be written: \(error)") }
    }

    /// Whether everything that a wish needs was allowed.
    static func cover(_ wish: PermissionWish, _ allowed: Set<PermissionRule>) -> Bool {
        guard !wish.rules.isEmpty else { return false }
        return wish.rules.allSatisfy { allowed.contains($0) || allowed.contains(PermissionRule(tool: $0.tool)) }
    }

    private func path(_ conversation: ConversationID) -> String { "\(directory)/\(conversation).json" }
}

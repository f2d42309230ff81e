import Messages

/// The work that an agent's turn has left in the background, as far as its protocol says.
struct BackgroundWork: Equatable, Sendable {
    /// A command or a sub-agent that runs in the background.
    struct Item: Equatable, Sendable {
        /// The agent's id of it.
        var id: String
        /// `command`, `sub-agent`, or the agent's own word.
        var kind: String
        /// What the agent calls it.
        var title: String
    }

    /// In the order of their beginning.
    var items: [Item] = []

    var isEmpty: Bool { items.isEmpty }

    /// For people, such as `a background command: npm run dev`, in at most `limit` characters.
    func summary(limit: Int = 500) -> String {
        let titles = items.map(\.title).filter { !$0.isEmpty }.joined(separator: "; ")
        let count = items.count == 1 ? "a background \(items[0].kind)" : "\(items.count) background \(noun)"
        let text = titles.isEmpty ? count : "\(count): \(titles)"
        return Limits.fits(text, 0...limit) ? text : Limits.beginning(of: text, characters: limit - 1) + "…"
    }

    private var noun: String {
        guard let kind = items.first?.kind, items.allSatisfy({ $0.kind == kind }) else { return "tasks" }
        return "\(kind)s"
    }
}

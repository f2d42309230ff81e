/// One way to answer a permission request.
public struct ApprovalOption: Codable, Sendable, Equatable {
    /// Its name in an answer, 1 to 200 characters; unique within the request.
    public var id: String
    /// What it does, in one line for people; 1 to 200 characters.
    public var label: String
    /// Whether it allows or denies, and for how long.
    public var kind: ApprovalOptionKind

    public init(id: String, label: String, kind: ApprovalOptionKind) {
        self.id = id
        self.label = label
        self.kind = kind
    }

    /// Allows the request once.
    public static let allowOnce = ApprovalOption(id: "allow_once", label: "Allow once", kind: .allowOnce)
    /// Allows everything under the request's rule in its conversation.
    public static let allowConversation = ApprovalOption(
        id: "allow_conversation", label: "Allow in this conversation", kind: .allowAlways)
    /// Denies the request.
    public static let deny = ApprovalOption(id: "deny", label: "Deny", kind: .rejectOnce)

    /// The options of an agent that has none of its own.
    /// - Parameter hasRule: Whether the scope `conversation` allows more than this request.
    public static func standard(hasRule: Bool) -> [ApprovalOption] {
        hasRule ? [allowOnce, allowConversation, deny] : [allowOnce, deny]
    }

    /// The decision that it stands for; nil for an unknown kind.
    public var decision: ApprovalDecision? {
        switch kind {
        case .allowOnce, .allowAlways: .allow
        case .rejectOnce, .rejectAlways: .deny
        default: nil
        }
    }

    /// How long its decision holds.
    public var scope: ApprovalScope { kind == .allowAlways ? .conversation : .once }
}

/// What an option of a permission request does, with the names of the Agent Client Protocol.
public struct ApprovalOptionKind: OpenSet {
    public let rawValue: String
    public init(rawValue: String) { self.rawValue = rawValue }

    /// Allows this request.
    public static let allowOnce = ApprovalOptionKind(rawValue: "allow_once")
    /// Allows this request and later ones of its kind in the conversation.
    public static let allowAlways = ApprovalOptionKind(rawValue: "allow_always")
    /// Denies this request.
    public static let rejectOnce = ApprovalOptionKind(rawValue: "reject_once")
    /// Denies this request; the agent denies later ones of its kind by itself.
    public static let rejectAlways = ApprovalOptionKind(rawValue: "reject_always")

    /// Every name that this version knows.
    public static let all: [ApprovalOptionKind] = [.allowOnce, .allowAlways, .rejectOnce, .rejectAlways]
}

/// The answer to ``ApprovalList``.
public struct ApprovalListing: Message, Equatable {
    public static let type = "approval.listing"
    /// Newest first.
    public var approvals: [ApprovalView]
    /// Where the next page begins; nil = this was the last one.
    public var next: ApprovalID?
    /// How many match on all pages.
    public var total: Int

    public init(approvals: [ApprovalView] = [], next: ApprovalID? = nil, total: Int) {
        self.approvals = approvals
        self.next = next
        self.total = total
    }
}

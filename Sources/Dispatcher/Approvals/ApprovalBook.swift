import DequeModule
import Messages

/// The permission requests of one attempt, by the agent's names for them. Bounded: of those that are over only the
/// newest ``DispatcherLimits/closedApprovals`` are known, and without their input.
struct ApprovalBook: Sendable, Equatable {
    /// Those that wait for an answer or whose answer has not been delivered.
    private(set) var open: [String: Approval] = [:]
    private var closed: [String: Approval] = [:]
    /// The closed ones, oldest first.
    private var order: Deque<String> = []

    /// What is known of a request.
    subscript(request: String) -> Approval? { open[request] ?? closed[request] }

    /// The open one of this id.
    func open(_ id: ApprovalID) -> Approval? { open.values.first { $0.id == id } }

    /// How many wait for an answer.
    var pending: Int { open.values.count(where: \.isPending) }

    /// Those whose answer has not been delivered, oldest first.
    var undelivered: [Approval] { open.values.filter { !$0.isPending }.sorted { $0.id < $1.id } }

    /// Puts one in, in place of what was known of it.
    mutating func put(_ approval: Approval) {
        guard approval.isDelivered else {
            open[approval.request] = approval
            return
        }
        open[approval.request] = nil
        var approval = approval
        approval.input = .null
        if closed.updateValue(approval, forKey: approval.request) == nil { order.append(approval.request) }
        while order.count > DispatcherLimits.closedApprovals, let oldest = order.popFirst() { closed[oldest] = nil }
    }

    /// Forgets all: another attempt begins.
    mutating func clear() { self = ApprovalBook() }
}

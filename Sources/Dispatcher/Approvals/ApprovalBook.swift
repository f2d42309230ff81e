import DequeModule
import Messages

/// The permission requests of one attempt, by the agent's names for them. Bounded: of the delivered ones only the newest
/// ``DispatcherLimits/closedApprovals`` are kept, without their input.
struct ApprovalBook: Sendable, Equatable {
    /// Requests that are pending or have an undelivered answer.
    private(set) var open: [String: ApprovalRecord] = [:]
    private var closed: [String: ApprovalRecord] = [:]
    /// Closed requests, oldest first.
    private var order: Deque<String> = []

    /// Returns the request of a name.
    subscript(request: String) -> ApprovalRecord? { open[request] ?? closed[request] }

    /// Returns the open one of an id.
    func open(_ id: ApprovalID) -> ApprovalRecord? { open.values.first { $0.id == id } }

    /// How many wait for a decision.
    var pending: Int { open.values.count(where: \.isPending) }

    /// Those with an undelivered answer, oldest first.
    var undelivered: [ApprovalRecord] { open.values.filter { !$0.isPending }.sorted { $0.id < $1.id } }

    /// Inserts or replaces one.
    mutating func put(_ approval: ApprovalRecord) {
        guard approval.isDelivered else {
            open[approval.request] = approval
            return
        }
        open[approval.request] = nil
        var approval = approval
        approval.input = .null
        (approval.options, approval.questions, approval.answers) = (nil, nil, nil)
        if approval.updatedInput != nil { approval.updatedInput = .null }
        if closed.updateValue(approval, forKey: approval.request) == nil { order.append(approval.request) }
        while order.count > DispatcherLimits.closedApprovals, let oldest = order.popFirst() { closed[oldest] = nil }
    }

    /// Forgets all: another attempt begins.
    mutating func clear() { self = ApprovalBook() }
}

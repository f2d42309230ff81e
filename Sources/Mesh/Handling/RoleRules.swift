import Messages

/// Which role may send which messages to which: the table "Roles" in `docs/protocol.md`, which a test compares with this.
///
/// Checked once, before the handler. Replies, failures and items need no rule: they belong to a request or subscription
/// of their receiver.
public enum RoleRules {
    /// One row of the table.
    public struct Rule: Sendable {
        public let from: ServiceRole
        public let to: ServiceRole
        /// The requests, subscriptions and notices.
        public let types: [String]
    }

    /// Every row. What is not here is refused.
    public static let all = [
        Rule(
            from: .gateway, to: .registry,
            types: [
                ServiceAnnounce.type, ServiceWatch.type, DeviceRegister.type, DeviceReport.type, DeviceGone.type,
                DeviceWatch.type, DeviceList.type, DeviceStar.type, DeviceUpdate.type, DeviceDelete.type,
            ]),
        Rule(from: .dispatcher, to: .registry, types: [ServiceAnnounce.type, DeviceWatch.type]),
        Rule(from: .registry, to: .gateway, types: [SessionProbe.type, SessionCut.type]),
        Rule(
            from: .gateway, to: .dispatcher,
            types: [
                SessionOpen.type, SessionClose.type, DeviceReport.type, TaskSubmit.type, TaskGet.type, TaskList.type,
                TaskCancel.type, TaskRetry.type, TaskMessage.type, TaskTerminal.type, HistoryWanted.type,
                TaskStarted.type, TaskRejected.type, TaskSteerRefused.type, TaskFinished.type, EventsAppend.type,
                EventsPage.type, EventsSubscribe.type, ApprovalRequest.type, ApprovalClosed.type, ApprovalList.type,
                ApprovalDecide.type, ConversationList.type, ConversationGet.type, ConversationRename.type,
                ConversationDelete.type, DefaultsGet.type, DefaultsSet.type,
            ]),
        Rule(
            from: .dispatcher, to: .gateway,
            types: [
                TaskAssign.type, TaskStop.type, TaskWrapUp.type, TaskSteer.type, TaskResize.type, EventsAck.type,
                EventsResync.type, EventsRefused.type, SessionCut.type, ApprovalRecorded.type, ApprovalAnswer.type,
            ]),
    ]

    /// The types that a role takes, from any other.
    public static func types(to role: ServiceRole) -> Set<String> {
        Set(all.filter { $0.to == role }.flatMap(\.types))
    }

    private static let known = Set(Catalogue.all.map { $0.type })
    private static let allowed: [ServiceRole: [ServiceRole: Set<String>]] = all.reduce(into: [:]) { table, rule in
        table[rule.to, default: [:]][rule.from, default: []].formUnion(rule.types)
    }

    /// Whether `from` may send a message of this type to `to`. A type that is not in the catalogue has no rule: nothing
    /// here acts on it, but a gateway passes on what a newer dispatcher sends to executors.
    static func allows(_ type: String, from: ServiceRole, to: ServiceRole) -> Bool {
        allowed[to]?[from]?.contains(type) == true || !known.contains(type)
    }
}

/// The longest body of each message type, in bytes. A gateway refuses a longer one of an executor before it relays it,
/// and every service before it decodes it: decoding JSON takes a hundred times as long as receiving it.
public enum BodyLimits {
    /// Ids, numbers, times and a few short names.
    private static let fields = 8 << 10
    /// One text of ``TextLimits/sentence`` with every byte escaped to six, and some fields.
    private static let sentence = 64 << 10
    /// Lists of names: agents, directories, labels, partitions.
    private static let names = 256 << 10
    /// The first message of a session: agents and directories. With its header it has 64 KiB, the most that is kept of a
    /// stranger.
    private static let registration = (64 << 10) - Header.fixedSize - Header.longestType
    /// A report of 1,000 running attempts and 3,000 that are not acknowledged, with its agents; a verdict, of which a
    /// text is cut. Each gateway, dispatcher and registry decodes them for every change.
    private static let report = 512 << 10
    /// A permission request: ``Limits/approvalInput`` for its input and for its questions, escaped, and its texts.
    private static let approval = 512 << 10
    /// A prompt of ``Limits/prompt`` whose every byte JSON escapes to six, and some fields.
    private static let prompt = 6 * Limits.prompt + (128 << 10)
    /// Lists that are cut to this size by their sender, and events.
    private static let page = Limits.meshMessage

    private static let groups: [(Int, [any Message.Type])] = [
        (
            fields,
            [
                Ping.self, Pong.self, Done.self, ServiceWatch.self, DeviceRegistered.self, DeviceWatch.self,
                DeviceList.self, DeviceStar.self, DeviceDelete.self, SessionOpen.self, SessionOpened.self,
                SessionProbe.self, SessionProbed.self, SessionCut.self, LinkState.self, TaskGet.self, TaskList.self,
                TaskCancel.self, TaskRetry.self, HistoryWanted.self, TaskStop.self, TaskWrapUp.self, TaskTerminal.self,
                TaskResize.self, EventsResync.self, EventsPage.self, EventsSubscribe.self, ApprovalRecorded.self,
                ApprovalClosed.self, ApprovalList.self, ConversationList.self, ConversationGet.self,
                ConversationRename.self, ConversationDelete.self, DefaultsGet.self, DefaultsSet.self, DefaultsView.self,
            ]
        ),
        (
            sentence,
            [
                Hello.self, HelloReply.self, Bye.self, Fault.self, DeviceGone.self, SessionClose.self,
                TaskStarted.self, TaskRejected.self, TaskSteerRefused.self, EventsRefused.self, ConversationView.self,
            ]
        ),
        (names, [ServiceAnnounce.self, DeviceUpdate.self]),
        (registration, [DeviceRegister.self]),
        (report, [DeviceReport.self, TaskFinished.self]),
        (approval, [ApprovalRequest.self, ApprovalAnswer.self, ApprovalDecide.self]),
        (prompt, [TaskSubmit.self, TaskMessage.self, TaskSteer.self, TaskView.self]),
        (
            page,
            [
                // A prompt and a history.
                TaskAssign.self,
                ServiceChanges.self, DeviceChanges.self, DeviceListing.self, TaskListing.self, EventsAppend.self,
                EventBatch.self, EventsAck.self, ApprovalListing.self, ApprovalView.self, ConversationListing.self,
            ]
        ),
    ]

    /// The limit of every type of the ``Catalogue``, by the name on the wire.
    public static let all: [String: Int] = Dictionary(
        uniqueKeysWithValues: groups.flatMap { limit, types in types.map { ($0.type, limit) } })

    /// Returns the limit of a type; of one that this version does not know that of every message.
    public static func of(_ type: String) -> Int { all[type] ?? Limits.meshMessage }

    /// - Throws: ``Fault`` `message_too_large` that names the type and its limit.
    public static func check(_ count: Int, _ type: String, limit: Int? = nil) throws {
        let limit = limit ?? of(type)
        guard count <= limit else {
            throw Fault(.messageTooLarge, "a \(type) has at most \(limit) bytes, not \(count)")
        }
    }
}

/// Every message that this version knows. Tests compare the protocol document and the golden files with it.
public enum Catalogue {
    /// All types, by domain, in the order of `docs/protocol.md`.
    public static let all: [any Message.Type] = [
        Hello.self, HelloReply.self, Ping.self, Pong.self, Bye.self, Done.self, Fault.self,
        ServiceAnnounce.self, ServiceWatch.self, ServiceChanges.self,
        DeviceRegister.self, DeviceRegistered.self, DeviceReport.self, DeviceGone.self,
        DeviceWatch.self, DeviceChanges.self, DeviceList.self, DeviceListing.self, DeviceStar.self, DeviceUpdate.self,
        DeviceDelete.self,
        SessionOpen.self, SessionOpened.self, SessionClose.self, SessionProbe.self, SessionProbed.self, SessionCut.self,
        LinkState.self,
        TaskSubmit.self, TaskView.self, TaskGet.self, TaskList.self, TaskListing.self, TaskCancel.self,
        TaskRetry.self, TaskAssign.self, HistoryWanted.self, TaskStarted.self, TaskRejected.self, TaskStop.self,
        TaskWrapUp.self, TaskMessage.self, TaskSteer.self, TaskSteerRefused.self, TaskTerminal.self, TaskResize.self,
        TaskFinished.self,
        EventsAppend.self, EventBatch.self, EventsAck.self, EventsResync.self, EventsRefused.self, EventsPage.self,
        EventsSubscribe.self,
        ApprovalRequest.self, ApprovalRecorded.self, ApprovalAnswer.self, ApprovalClosed.self, ApprovalList.self,
        ApprovalListing.self, ApprovalDecide.self, ApprovalView.self,
        ConversationList.self, ConversationListing.self, ConversationGet.self, ConversationRename.self,
        ConversationDelete.self, ConversationView.self,
        DefaultsGet.self, DefaultsSet.self, DefaultsView.self,
    ]
}

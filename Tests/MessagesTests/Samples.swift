import Messages

/// One value of every message with every optional field set, from which the golden files are made.
enum Samples {
    static let user = UserID("0190a0b0-0000-7000-8000-000000000001")!
    static let task = TaskID("0190a0b0-0000-7000-8000-000000000002")!
    static let conversation = ConversationID("0190a0b0-0000-7000-8000-000000000003")!
    static let incarnation = Incarnation("0190a0b0-0000-7000-8000-000000000004")!
    static let boot = BootID("0190a0b0-0000-7000-8000-000000000005")!
    static let time = Timestamp(milliseconds: 1_772_357_400_250)
    static let session = SessionNumber(18_446_744_073_709_551_615)
    static let route = Route(gateway: incarnation, session: session)
    static let agent = Agent(
        name: "claude-code", version: "2.1.330", ready: true, detail: "signed in",
        permissionModes: [.ask, .plan], canSteer: true, hasTerminal: true)
    static let platform = Platform(os: "linux", arch: "x86_64", hostname: "build-box")
    static let fault = Fault(.cwdNotAllowed, "the directory /etc is outside those that this device allows")
    static let claim = PartitionClaim(first: Partition(number: 0), last: Partition(number: 63), epoch: 7)
    static let report = AttemptReport(task: task, attempt: 2, lastSeq: 41, ended: false)

    static let approval = ApprovalID("0190a0b0-0000-7000-8000-000000000006")!
    static let answer = AnswerID("0190a0b0-0000-7000-8000-000000000007")!
    static let message = MessageID("0190a0b0-0000-7000-8000-000000000009")!
    static let choices = Choices(
        priority: .high, queueTTLS: 3600, ifOffline: .wait, onDisconnect: .requeue, graceS: 60, timeoutS: 7200,
        idleTimeoutS: 600.5, permissionMode: .acceptEdits, background: .stop, onLimit: .wait)
    static let input: JSONValue = ["command": "npm test", "timeout": 60]
    static let questions = [
        AgentQuestion(
            id: "1", text: "Which \"colour\"?", header: "Colour",
            options: [.init(id: "Red", label: "Red", description: "warm"), .init(id: "Blue", label: "Blue")],
            multiple: true, freeText: true),
        AgentQuestion(id: "2", text: "Why?"),
    ]
    static let answers: AgentQuestion.Answers = ["1": ["Red", "a grey"], "2": ["because"]]
    static let approvalView = ApprovalView(
        id: approval, task: task, attempt: 2, conversation: conversation, device: "a1b2c3",
        deviceName: "Linux - build-box", tool: "Bash", title: "npm test", input: input, inputCut: true,
        rule: "Bash(npm test:*)", options: ApprovalOption.standard(hasRule: true), questions: questions,
        state: .denied, scope: .once, message: "not now", option: "deny", updatedInput: ["command": "npm test -s"],
        answers: answers, requestedAt: time, expiresAt: time.adding(seconds: 600),
        resolvedAt: time, resolvedBy: "ada (laptop)")
    static let talk = ConversationView(
        id: conversation, title: "the tests", createdAt: time, updatedAt: time, tasks: 3, lastTask: task,
        state: .completed, device: "a1b2c3", deviceName: "Linux - build-box")

    static let device = Device(
        owner: user, id: "a1b2c3", name: "Linux - build-box", status: .online, statusReason: .draining,
        isDefault: true, labels: ["gpu": "a100"],
        slots: Slots(used: 2, total: 5), version: "0.1.0", agents: [agent],
        allowedDirs: ["/srv"], platform: platform, lastSeenAt: time,
        connectedAt: time, generation: 9, route: route)

    static let view = TaskView(
        id: task, state: .queued, target: .device("a1b2c3"), device: "a1b2c3", deviceName: "Linux - build-box",
        conversation: conversation, agent: "claude-code", prompt: "say \"hällo\"\n", cwd: "/srv/app", attempt: 1,
        queuePosition: 3, reason: .deviceBusy, error: fault,
        stalled: Stall(since: time, failsAt: time.adding(seconds: 30), requeuesAt: time.adding(seconds: 31)),
        lastSeq: 12, createdAt: time, startedAt: time,
        endedAt: time, cancelRequestedAt: time, choices: choices, retryOf: task, waitingFor: .approval,
        waiting: Waiting(since: time, until: time.adding(seconds: 60), what: "a background command: npm run dev"),
        terminal: TerminalSize(columns: 120, rows: 40), splitOutput: true)

    static let event = Event(
        task: task, attempt: 2, attemptSeq: 41, seq: 44, kind: .agentMessageChunk, time: time,
        payload: [UInt8](#"{"content":{"type":"text","text":"hi"}}"#.utf8))

    static let last = Event(
        task: task, seq: 45, kind: .state, flags: .terminal, time: time,
        payload: [UInt8](#"{"state":"completed"}"#.utf8))

    static let all: [any Message] = [
        Hello(oldest: 1, newest: 1, role: .gateway, name: "gateway@build-box:4711", incarnation: incarnation),
        HelloReply(version: 1, role: .registry, name: "registry@build-box:4710", incarnation: incarnation),
        Ping(incarnation: incarnation), Pong(incarnation: incarnation),
        Bye(incarnation: incarnation, reason: "it is closing"), Done(),
        fault,
        ServiceAnnounce(endpoint: "tcp://10.0.0.4:7402", partitions: [claim], draining: false),
        ServiceWatch(),
        ServiceChanges(
            incarnation: incarnation, revision: 3,
            services: [
                ServiceEntry(
                    role: .dispatcher, name: "dispatcher@build-box:4712", incarnation: incarnation,
                    endpoint: "tcp://10.0.0.4:7402", partitions: [claim], draining: false)
            ]),
        DeviceRegister(
            device: "a1b2c3", name: "Linux - build-box", boot: boot, version: "0.1.0", slots: 5, agents: [agent],
            allowedDirs: ["/srv"], platform: platform, generation: 8, owner: user, route: route),
        DeviceRegistered(device: "a1b2c3", name: "Linux - build-box", generation: 9),
        DeviceReport(used: 1, total: 5, draining: false, attempts: [report], agents: [agent]),
        DeviceGone(owner: user, device: "a1b2c3", generation: 9, reason: "closed by the executor"),
        DeviceWatch(owner: user),
        DeviceChanges(
            incarnation: incarnation, revision: 12, snapshot: true, more: false, devices: [device],
            removed: [RemovedDevice(owner: user, id: "old-box")]),
        DeviceList(owner: user, limit: 50, before: "YTFiMmMzCm4=", label: "gpu=a100", named: "build-box"),
        DeviceListing(devices: [device], next: "YTFiMmMzCm4=", total: 51),
        DeviceStar(owner: user, device: "a1b2c3", on: true),
        DeviceUpdate(owner: user, device: "a1b2c3", name: "the big one", set: ["gpu": "a100"], remove: ["old"]),
        DeviceDelete(owner: user, device: "a1b2c3"),
        SessionOpen(owner: user, device: "a1b2c3", generation: 9, session: session, slots: 5),
        SessionOpened(epoch: 7),
        SessionClose(owner: user, device: "a1b2c3", generation: 9, reason: "closed by the executor"),
        SessionProbe(session: session), SessionProbed(alive: true), SessionCut(session: session, cause: .deleted),
        LinkState(up: true, leader: incarnation, epoch: 7),
        TaskSubmit(
            task: task, owner: user, prompt: "say \"hällo\"\n", target: .device("a1b2c3"), agent: "claude-code",
            cwd: "/srv/app", conversation: conversation, idempotencyKey: "order-66", digest: "00ff",
            choices: choices, terminal: TerminalSize(columns: 120, rows: 40), splitOutput: true),
        view, TaskGet(owner: user, task: task),
        TaskList(
            owner: user, limit: 50, before: task, states: [.queued, .running], device: "a1b2c3",
            conversation: conversation),
        TaskListing(tasks: [view], next: task, total: 51),
        TaskCancel(owner: user, task: task),
        TaskRetry(task: task, owner: user, of: task, idempotencyKey: "order-66", digest: "00ff"),
        TaskAssign(
            task: task, attempt: 2, epoch: 7, leaseS: 45, conversation: conversation, agent: "claude-code",
            prompt: "say \"hällo\"\n", cwd: "/srv/app", trace: "0af7651916cd43dd8448eb211c80319c",
            permissionMode: .ask, background: .wait, terminal: TerminalSize(columns: 120, rows: 40), splitOutput: true,
            resumes: true, follows: task,
            history: [HistoryItem(task: task, prompt: "say hello", answer: "hello", state: .completed, cut: true)],
            historyLeftOut: 4),
        HistoryWanted(task: task, attempt: 2, after: task),
        TaskStarted(task: task, attempt: 2, startedAt: time, workspace: "/srv/app"),
        TaskRejected(task: task, attempt: 2, fault: fault),
        TaskStop(task: task, attempt: 2, epoch: 7, graceS: 5, discard: false),
        TaskWrapUp(task: task, attempt: 2, epoch: 7),
        TaskMessage(owner: user, task: task, message: message, text: "use tabs"),
        TaskSteer(task: task, attempt: 2, epoch: 7, message: message, text: "use tabs"),
        TaskSteerRefused(task: task, attempt: 2, message: message, fault: fault),
        TaskTerminal(owner: user, task: task, terminal: TerminalSize(columns: 120, rows: 40)),
        TaskResize(task: task, attempt: 2, epoch: 7, terminal: TerminalSize(columns: 120, rows: 40)),
        TaskFinished(
            task: task, attempt: 2, attemptSeq: 42, state: .failed, error: fault, exitCode: -9, endedAt: time,
            retryAt: time.adding(seconds: 60)),
        EventsAppend([event]), EventBatch([event, last]),
        EventsAck(acks: [AttemptAck(task: task, attempt: 2, seq: 41)]),
        EventsResync(task: task, attempt: 2, from: 40),
        EventsRefused(task: task, attempt: 2, attemptSeq: 41, count: 3, fault: Fault(.malformed, "it is not JSON")),
        EventsPage(owner: user, task: task, after: 0, limit: 100),
        EventsSubscribe(owner: user, task: task, after: 44),
        ApprovalRequest(
            task: task, attempt: 2, request: "b7c1", after: 41, tool: "Bash", title: "npm test", input: input,
            inputCut: true, rule: "Bash(npm test:*)", options: ApprovalOption.standard(hasRule: true),
            questions: questions, requestedAt: time),
        ApprovalRecorded(task: task, attempt: 2, request: "b7c1"),
        ApprovalAnswer(
            task: task, attempt: 2, request: "b7c1", epoch: 7, decision: .deny, scope: .once, message: "not now",
            option: "deny", input: input, answers: answers),
        ApprovalClosed(task: task, attempt: 2, request: "b7c1"),
        ApprovalList(owner: user, limit: 50, before: approval, states: [.pending], task: task),
        ApprovalListing(approvals: [approvalView], next: approval, total: 51),
        ApprovalDecide(
            owner: user, task: task, approval: approval, answer: answer, decision: .allow, scope: .conversation,
            message: "go on", option: "allow_once", input: input, answers: answers, by: "ada (laptop)"),
        approvalView,
        ConversationList(owner: user, limit: 50, before: "1772357400250.3", query: "tests"),
        ConversationListing(conversations: [talk], next: "1772357400250.3", total: 51),
        ConversationGet(owner: user, conversation: conversation),
        ConversationRename(owner: user, conversation: conversation, title: "the tests"),
        ConversationDelete(owner: user, conversation: conversation), talk,
        DefaultsGet(owner: user), DefaultsSet(owner: user, set: choices, clear: ["grace_s"]),
        DefaultsView(chosen: choices, effective: choices),
    ]
}

import Mesh
import Messages

/// Decodes messages of the mesh and passes each to the service, which is on the reactor already.
enum DispatcherHandlers {
    /// Returns the handlers of the listener that gateways dial.
    static func make(_ service: DispatcherService) -> Handlers {
        var handlers = Handlers()
        requests(service, &handlers)
        executors(service, &handlers)
        handlers.onSubscribe(EventsSubscribe.self) { message, outlet, _ in
            Task(executorPreference: service.reactor) { await service.follow(message, outlet: outlet) }
        }
        handlers.onPeerDown { peer, reason in service.assumeIsolated { $0.lost(peer, reason: reason) } }
        return handlers
    }

    private static func requests(_ service: DispatcherService, _ handlers: inout Handlers) {
        handlers.onRequest(TaskSubmit.self) { try await service.submit($0, trace: $1.trace) }
        handlers.onRequest(TaskGet.self) { message, _ in try await service.view(message.task, owner: message.owner) }
        handlers.onRequest(TaskList.self) { message, _ in try await service.list(message) }
        handlers.onRequest(TaskCancel.self) { message, _ in try await service.cancel(message) }
        handlers.onRequest(TaskMessage.self) { message, _ in try await service.steer(message) }
        handlers.onRequest(TaskTerminal.self) { message, _ in try await service.resize(message) }
        handlers.onRequest(TaskRetry.self) { try await service.retry($0, trace: $1.trace) }
        handlers.onRequest(ApprovalList.self) { message, _ in try await service.list(message) }
        handlers.onRequest(ApprovalDecide.self) { message, _ in try await service.decide(message) }
        handlers.onRequest(ConversationList.self) { message, _ in try await service.list(message) }
        handlers.onRequest(ConversationGet.self) { message, _ in try await service.view(message) }
        handlers.onRequest(ConversationRename.self) { message, _ in try await service.rename(message) }
        handlers.onRequest(ConversationDelete.self) { message, _ in try await service.delete(message) }
        handlers.onRequest(DefaultsGet.self) { message, _ in try await service.defaults(message) }
        handlers.onRequest(DefaultsSet.self) { message, _ in try await service.setDefaults(message) }
        handlers.onRequest(EventsPage.self) { message, _ in try await service.page(message) }
        handlers.onRequest(SessionOpen.self) { try await service.open($0, peer: $1.peer) }
        handlers.onNotice(SessionClose.self) { message, _ in service.assumeIsolated { $0.close(message) } }
    }

    private static func executors(_ service: DispatcherService, _ handlers: inout Handlers) {
        handlers.onNotice(EventsAppend.self) { message, context in
            service.assumeIsolated {
                $0.append(message.batch.events, from: context.ref)
                if let refused = message.refused { $0.refused(refused, from: context.ref) }
            }
        }
        handlers.onNotice(TaskStarted.self) { message, context in
            service.assumeIsolated { $0.started(message, from: context.ref) }
        }
        handlers.onNotice(TaskRejected.self) { message, context in
            service.assumeIsolated { $0.rejected(message, from: context.ref) }
        }
        handlers.onNotice(TaskFinished.self) { message, context in
            service.assumeIsolated { $0.finished(message, from: context.ref) }
        }
        handlers.onNotice(ApprovalRequest.self) { message, context in
            service.assumeIsolated { $0.requested(message, from: context.ref) }
        }
        handlers.onNotice(ApprovalClosed.self) { message, context in
            service.assumeIsolated { $0.closed(message, from: context.ref) }
        }
        handlers.onNotice(TaskSteerRefused.self) { message, context in
            service.assumeIsolated { $0.refused(message, from: context.ref) }
        }
        handlers.onNotice(HistoryWanted.self) { message, context in
            service.assumeIsolated { $0.historyWanted(message, from: context.ref) }
        }
        handlers.onNotice(DeviceReport.self) { message, context in
            service.assumeIsolated { $0.report(message, from: context.ref) }
        }
    }

    /// Returns the handlers of the link to the registry.
    static func registry(_ client: RegistryClient) -> Handlers {
        var handlers = Handlers()
        handlers.onPeerUp { peer in client.assumeIsolated { $0.up(peer) } }
        handlers.onPeerDown { peer, _ in client.assumeIsolated { $0.down(peer) } }
        return handlers
    }
}

extension MessageContext {
    /// The executor's session that sent the message.
    fileprivate var ref: SessionRef { SessionRef(gateway: peer.identity.incarnation, number: session) }
}

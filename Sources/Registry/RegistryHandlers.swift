import Mesh
import Messages

/// Decodes each message, calls the service and encodes its reply. The mesh calls on the reactor, which is the service's
/// own executor, so a message that needs no reply from the disk is handled at once, in the order of arrival.
enum RegistryHandlers {
    static func make(_ service: RegistryService) -> Handlers {
        var handlers = Handlers()
        handlers.onRequest(ServiceAnnounce.self) { announce, context in
            try await service.announce(announce, by: context.peer.identity)
            return Done()
        }
        handlers.onSubscribe(ServiceWatch.self) { _, outlet, _ in
            service.assumeIsolated { $0.watchServices(outlet) }
        }
        handlers.onRequest(DeviceRegister.self) { register, context in
            try await service.register(register, from: context.peer, until: context.deadline)
        }
        handlers.onNotice(DeviceReport.self) { report, context in
            service.assumeIsolated {
                $0.report(report, session: context.session, on: context.peer.identity.incarnation)
            }
        }
        handlers.onNotice(DeviceGone.self) { gone, _ in
            service.assumeIsolated { $0.sessionEnded(gone) }
        }
        handlers.onSubscribe(DeviceWatch.self) { watch, outlet, _ in
            service.assumeIsolated { $0.watch(watch.owner, outlet) }
        }
        handlers.onRequest(DeviceList.self) { list, _ in try await service.list(list) }
        handlers.onRequest(DeviceStar.self) { star, _ in
            try await service.star(star)
            return Done()
        }
        handlers.onRequest(DeviceUpdate.self) { update, _ in
            DeviceListing(devices: [try await service.update(update)])
        }
        handlers.onRequest(DeviceDelete.self) { delete, _ in
            try await service.delete(delete)
            return Done()
        }
        handlers.onPeerDown { peer, _ in
            service.assumeIsolated { $0.peerDown(peer.identity) }
        }
        return handlers
    }
}

import Messages

/// The frames that a link brings: decodes each, calls ``ExecutorService``, and encodes the reply where there is one.
enum ExecutorHandlers {
    /// - Throws: ``Fault`` for a frame that cannot be decoded.
    static func receive(_ frame: [UInt8], _ connection: Int, on service: isolated ExecutorService) throws {
        let (header, body) = try Header.split(frame)
        switch (header.kind, header.type) {
        case (.reply, _) where service.session.isRegistration(header.correlation):
            service.handle(.registered(try Wire.decode(DeviceRegistered.self, from: body)), connection: connection)
        case (.failure, _) where service.session.isRegistration(header.correlation):
            service.handle(.refused(try Wire.decode(Fault.self, from: body)), connection: connection)
        case (.notice, DeviceRegistered.type): service.renew(try Wire.decode(DeviceRegistered.self, from: body))
        case (.notice, LinkState.type):
            service.handle(.state(try Wire.decode(LinkState.self, from: body)), connection: connection)
        case (.notice, TaskAssign.type): service.assign(try Wire.decode(TaskAssign.self, from: body))
        case (.notice, TaskWrapUp.type): service.wrapUp(try Wire.decode(TaskWrapUp.self, from: body))
        case (.notice, TaskSteer.type): service.steer(try Wire.decode(TaskSteer.self, from: body))
        case (.notice, TaskResize.type): service.resize(try Wire.decode(TaskResize.self, from: body))
        case (.notice, TaskStop.type): service.stop(try Wire.decode(TaskStop.self, from: body))
        case (.notice, ApprovalRecorded.type): service.recorded(try Wire.decode(ApprovalRecorded.self, from: body))
        case (.notice, ApprovalAnswer.type): service.answer(try Wire.decode(ApprovalAnswer.self, from: body))
        case (.notice, EventsAck.type): service.acknowledge(try Wire.decode(EventsAck.self, from: body))
        case (.notice, EventsResync.type): service.resync(try Wire.decode(EventsResync.self, from: body))
        case (.notice, EventsRefused.type): service.refused(try Wire.decode(EventsRefused.self, from: body))
        case (.request, _):
            let fault = Fault(.unknownType, "an executor does not answer requests of type \(header.type)")
            service.session.send(try LinkFrame.failure(fault, correlation: header.correlation))
        default: service.logger.debug("dropping an unknown frame", metadata: ["type": "\(header.type)"])
        }
    }
}

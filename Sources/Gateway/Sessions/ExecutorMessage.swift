import Messages
import NIOCore

/// One message from an executor's WebSocket, decoded as far as the gateway needs it.
enum ExecutorMessage: Sendable {
    case registration(DeviceRegister, correlation: UInt64)
    /// A notice to relay; its body is not decoded.
    case notice(Header, body: [UInt8])
    /// To be answered with a failure, counted as dropped, or both.
    case invalid(Fault?, correlation: UInt64, RelayDropReason?)

    init(_ message: ByteBuffer) {
        do {
            let (header, size) = try message.withUnsafeReadableBytes { try Header.decode($0) }
            self.init(header, [UInt8](message.readableBytesView.dropFirst(size)))
        } catch {
            // Without a header there is no correlation to answer to.
            self = .invalid(error as? Fault, correlation: 0, .malformed)
        }
    }

    private init(_ header: Header, _ body: [UInt8]) {
        switch header.kind {
        case .notice where body.count <= BodyLimits.of(header.type):
            self = .notice(header, body: body)
        case .notice: self = .invalid(nil, correlation: 0, .tooLarge)
        case .request where header.type == DeviceRegister.type:
            self = Self.registration(body, correlation: header.correlation)
        case .request, .subscribe:
            let fault = Fault(.unknownType, "an executor cannot ask for \(header.type)")
            self = .invalid(fault, correlation: header.correlation, .notAllowed)
        default: self = .invalid(nil, correlation: 0, .notAllowed)
        }
    }

    private static func registration(_ body: [UInt8], correlation: UInt64) -> ExecutorMessage {
        do {
            return .registration(try Wire.decode(DeviceRegister.self, from: body), correlation: correlation)
        } catch {
            let fault = error as? Fault ?? Fault(.malformed, "the registration cannot be read")
            return .invalid(fault, correlation: correlation, nil)
        }
    }
}

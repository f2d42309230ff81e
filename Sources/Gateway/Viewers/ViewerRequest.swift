import Messages
import NIOCore

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// A message of a viewer to its WebSocket.
enum ViewerRequest: Equatable, Sendable {
    case auth(token: String)
    /// Everything of a task after a cursor.
    case task(id: String, task: TaskID, after: UInt64)
    /// The viewer's devices.
    case devices(id: String)
    case unsubscribe(id: String)
    case ping

    /// A message that is not valid.
    struct Invalid: Error, Equatable {
        /// The subscription's id, where the message has a valid one.
        var id: String?
        var detail: String
    }

    /// - Throws: ``Invalid``.
    init(_ message: ByteBuffer) throws {
        let fields: Fields
        do { fields = try JSONDecoder().decode(Fields.self, from: Data(message.readableBytesView)) } catch {
            throw Invalid(detail: Self.sentence(error))
        }
        switch fields.type {
        case "auth":
            guard let token = fields.token else { throw Invalid(detail: "'token' is missing") }
            self = .auth(token: token)
        case "subscribe": self = try Self.subscribe(fields)
        case "unsubscribe": self = .unsubscribe(id: try fields.subscription)
        case "ping": self = .ping
        case let type?:
            throw Invalid(detail: "'type' must be auth, subscribe, unsubscribe or ping, not '\(type.prefix(64))'")
        case nil: throw Invalid(detail: "'type' is missing")
        }
    }

    private static func subscribe(_ fields: Fields) throws -> ViewerRequest {
        let id = try fields.subscription
        switch (fields.task, fields.devices) {
        case (let task?, nil):
            guard let task = TaskID(task) else { throw Invalid(id: id, detail: "'task' must be a task's id") }
            let after = fields.after ?? 0
            guard after >= 0 else { throw Invalid(id: id, detail: "'after' must be an event's number, 0 or more") }
            return .task(id: id, task: task, after: UInt64(after))
        case (nil, true?):
            return .devices(id: id)
        default: throw Invalid(id: id, detail: "a subscription names either a 'task' or has 'devices': true")
        }
    }

    private struct Fields: Decodable {
        var type: String?
        var token: String?
        var id: String?
        var task: String?
        var after: Int64?
        var devices: Bool?

        /// - Throws: ``Invalid``.
        var subscription: String {
            get throws {
                guard let id, (1...64).contains(id.count), id.utf8.count <= 256 else {
                    throw Invalid(detail: "'id' must be 1 to 64 characters")
                }
                return id
            }
        }
    }

    private static func sentence(_ error: any Error) -> String {
        switch error as? DecodingError {
        case .typeMismatch(_, let context)?, .valueNotFound(_, let context)?:
            let name = context.codingPath.map(\.stringValue).joined(separator: ".")
            return name.isEmpty ? "a message is a JSON object" : "'\(name)' is of the wrong type"
        default: return "the message is not JSON"
        }
    }
}

import HTTPTypes
import Hummingbird
import Messages

/// What a request is refused with, as a problem document (RFC 9457).
struct Problem: Error, Sendable {
    var fault: Fault
    var status: HTTPResponse.Status
    /// Header fields beside the body's.
    var fields: HTTPFields = [:]

    /// A fault under the status that its code has (``statuses``).
    init(_ fault: Fault) {
        // What only services say to each other must not become a puzzle for a client.
        let code = Self.translations[fault.code] ?? fault.code
        if let status = Self.statuses[code] {
            self.fault = Fault(code, fault.message)
            self.status = status
        } else {
            self.fault = Fault(.internalError, Self.internalSentence)
            self.status = .internalServerError
        }
        switch status {
        case .unauthorized: fields[.wwwAuthenticate] = #"Bearer realm="wegent""#
        case .serviceUnavailable: fields[.retryAfter] = "1"
        case .tooManyRequests: fields[.retryAfter] = "5"
        default: break
        }
    }

    /// A fault under another status than its code's.
    init(_ code: ErrorCode, _ message: String, status: HTTPResponse.Status) {
        fault = Fault(code, message)
        self.status = status
    }

    /// A value that a request says and that is not allowed.
    /// - Parameter sentence: Names the field.
    static func unprocessable(_ sentence: String) -> Problem {
        Problem(.invalidRequest, sentence, status: .unprocessableContent)
    }

    /// What `body` does; where that finds a value that is not allowed, as ``unprocessable(_:)``.
    static func unprocessable<T>(_ body: () async throws -> T) async throws -> T {
        do { return try await body() } catch let fault as Fault where fault.code == .invalidRequest {
            throw unprocessable(fault.message)
        }
    }

    /// Too many tries: come back after `pause`.
    init(retryAfter pause: Duration, _ message: String) {
        self.init(Fault(.rateLimited, message))
        fields[.retryAfter] = String(max(1, pause.components.seconds + (pause.components.attoseconds > 0 ? 1 : 0)))
    }

    static let internalSentence = "something went wrong here; the log of the gateway has it under the trace id"

    /// Every code that a request can be answered with.
    static let statuses: [ErrorCode: HTTPResponse.Status] = [
        .invalidJSON: .badRequest, .invalidRequest: .badRequest, .promptEmpty: .unprocessableContent,
        .promptTooLarge: .contentTooLarge, .bodyTooLarge: .contentTooLarge, .targetRequired: .conflict,
        .idempotencyMismatch: .conflict, .conflict: .conflict, .queueFull: .tooManyRequests,
        .routeNotFound: .notFound, .methodNotAllowed: .methodNotAllowed, .rateLimited: .tooManyRequests,
        .tokenMissing: .unauthorized, .tokenInvalid: .unauthorized, .tokenExpired: .unauthorized,
        .tokenRevoked: .unauthorized, .loginFailed: .unauthorized, .deviceNotFound: .notFound,
        .taskNotFound: .notFound, .conversationNotFound: .notFound, .tokenNotFound: .notFound,
        .approvalNotFound: .notFound, .approvalResolved: .conflict, .approvalAbandoned: .gone,
        .deviceOffline: .conflict, .unavailable: .serviceUnavailable, .deadlineExceeded: .gatewayTimeout,
        .storageFailed: .serviceUnavailable, .draining: .serviceUnavailable, .internalError: .internalServerError,
    ]

    /// Codes of the mesh that mean one of ``statuses`` to a client.
    static let translations: [ErrorCode: ErrorCode] = [
        .peerLost: .unavailable, .notLeader: .unavailable, .slotsFull: .unavailable,
        .messageTooLarge: .bodyTooLarge,
    ]

    /// Titles, where the status's own words say less.
    private var title: String { status.reasonPhrase.isEmpty ? "Error" : status.reasonPhrase }

    /// The answer.
    func response(trace: TraceID) -> Response {
        var response = Response.json(document(trace: trace), status: status)
        response.headers[.contentType] = "application/problem+json"
        for field in fields { response.headers[field.name] = field.value }
        return response
    }

    /// The body of the answer.
    func document(trace: TraceID) -> ByteBuffer {
        JSONBody.encode(ProblemBody(fault, title: title, status: status.code, trace: trace))
    }
}

import HTTPTypes
import Hummingbird
import Messages

/// A refusal of a request, as a problem document (RFC 9457).
struct Problem: Error, Sendable {
    var fault: Fault
    var status: HTTPResponse.Status
    /// Further header fields.
    var fields: HTTPFields = [:]

    /// A fault, with the status of its code (``statuses``).
    init(_ fault: Fault) {
        // Codes that only services use between each other are hidden from clients.
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

    /// A fault with a status other than its code's.
    init(_ code: ErrorCode, _ message: String, status: HTTPResponse.Status) {
        fault = Fault(code, message)
        self.status = status
    }

    /// A value that is not allowed: 422 `invalid_request`.
    /// - Parameter sentence: Names the field.
    static func unprocessable(_ sentence: String) -> Problem {
        Problem(.invalidRequest, sentence, status: .unprocessableContent)
    }

    /// Runs `body`; turns its `invalid_request` into ``unprocessable(_:)``.
    static func unprocessable<T>(_ body: () async throws -> T) async throws -> T {
        do { return try await body() } catch let fault as Fault where fault.code == .invalidRequest {
            throw unprocessable(fault.message)
        }
    }

    /// Too many attempts: the client may try again after `pause`.
    init(retryAfter pause: Duration, _ message: String) {
        self.init(Fault(.rateLimited, message))
        fields[.retryAfter] = String(max(1, pause.components.seconds + (pause.components.attoseconds > 0 ? 1 : 0)))
    }

    static let internalSentence = "an internal error; the gateway's log has the details under this trace id"

    /// Every code of an answer, with its status.
    static let statuses: [ErrorCode: HTTPResponse.Status] = [
        .invalidJSON: .badRequest, .invalidRequest: .badRequest, .promptEmpty: .unprocessableContent,
        .promptTooLarge: .contentTooLarge, .bodyTooLarge: .contentTooLarge, .targetRequired: .conflict,
        .targetAmbiguous: .conflict,
        .idempotencyMismatch: .conflict, .conflict: .conflict, .queueFull: .tooManyRequests,
        .routeNotFound: .notFound, .methodNotAllowed: .methodNotAllowed, .rateLimited: .tooManyRequests,
        .tokenMissing: .unauthorized, .tokenInvalid: .unauthorized, .tokenExpired: .unauthorized,
        .tokenRevoked: .unauthorized, .loginFailed: .unauthorized, .deviceNotFound: .notFound,
        .taskNotFound: .notFound, .conversationNotFound: .notFound, .tokenNotFound: .notFound,
        .approvalNotFound: .notFound, .approvalResolved: .conflict, .approvalAbandoned: .gone,
        .deviceOffline: .conflict, .agentUnknown: .unprocessableContent,
        .permissionModeNotAllowed: .unprocessableContent, .cwdNotAllowed: .unprocessableContent,
        .steerUnsupported: .conflict, .unavailable: .serviceUnavailable, .deadlineExceeded: .gatewayTimeout,
        .storageFailed: .serviceUnavailable, .draining: .serviceUnavailable, .internalError: .internalServerError,
    ]

    /// Codes of the mesh, each with the code of ``statuses`` that clients get instead.
    static let translations: [ErrorCode: ErrorCode] = [
        .peerLost: .unavailable, .notLeader: .unavailable, .slotsFull: .unavailable,
        .messageTooLarge: .bodyTooLarge,
    ]

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

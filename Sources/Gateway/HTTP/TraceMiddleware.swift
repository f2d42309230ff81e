import HTTPTypes
import Hummingbird
import Logging
import Messages

/// The outermost middleware: gives each request its trace id, logs it, and turns every error into a problem document.
struct TraceMiddleware: RouterMiddleware {
    func handle(
        _ request: Request, context: GatewayContext, next: (Request, GatewayContext) async throws -> Response
    ) async throws -> Response {
        let start = ContinuousClock.now
        var context = context
        context.trace = Self.trace(of: request)
        context.logger[metadataKey: "trace"] = "\(context.trace)"
        var response: Response
        do {
            response = try await next(request, context)
        } catch is CancellationError {
            // The client has disconnected or the gateway stops.
            response = Problem(Fault(.unavailable, "the gateway is stopping; try again")).response(trace: context.trace)
        } catch {
            response = Self.problem(of: error, logger: context.logger).response(trace: context.trace)
        }
        response.headers[.traceID] = context.trace.description
        context.logger.debug(
            "request answered",
            metadata: [
                // Without the query, which may have a token.
                "method": "\(request.method)", "path": "\(request.uri.path)", "status": "\(response.status.code)",
                "seconds": "\((ContinuousClock.now - start) / .seconds(1))",
            ])
        return response
    }

    /// Returns the trace id of a W3C `traceparent`, or a new one.
    static func trace(of request: Request) -> TraceID {
        let parts = request.headers[.traceparent]?.split(separator: "-", omittingEmptySubsequences: false) ?? []
        guard parts.count >= 4, parts[0].count == 2, parts[1].utf8.count == 32,
            let high = UInt64(parts[1].prefix(16), radix: 16), let low = UInt64(parts[1].suffix(16), radix: 16),
            high != 0 || low != 0
        else { return .generate() }
        return TraceID(high: high, low: low)
    }

    static func problem(of error: any Error, logger: Logger) -> Problem {
        switch error {
        case let problem as Problem: return problem
        case let fault as Fault:
            let problem = Problem(fault)
            if problem.status == .internalServerError {
                logger.error("request failed", metadata: ["code": "\(fault.code)", "error": "\(fault.message)"])
            }
            return problem
        case let error as HTTPError where error.status == .notFound:
            return Problem(Fault(.routeNotFound, "there is no such path; docs/api.md lists the paths"))
        case let error as HTTPError where error.status == .contentTooLarge:
            return Problem(Fault(.bodyTooLarge, "the request's body is too large"))
        case let error as HTTPError where error.status.code < 500:
            return Problem(.invalidRequest, "the request cannot be understood", status: error.status)
        default:
            logger.critical("request failed", metadata: ["error": "\(error)"])
            return Problem(Fault(.internalError, Problem.internalSentence))
        }
    }
}

extension HTTPField.Name {
    /// Has the trace id of every answer, 32 hexadecimal digits.
    static var traceID: HTTPField.Name { fixed("X-Trace-Id") }
    static var traceparent: HTTPField.Name { fixed("traceparent") }
    static var idempotencyKey: HTTPField.Name { fixed("Idempotency-Key") }
    static var lastEventID: HTTPField.Name { fixed("Last-Event-ID") }

    static func fixed(_ name: String) -> HTTPField.Name {
        guard let name = HTTPField.Name(name) else { preconditionFailure("\(name) is no header field") }
        return name
    }
}

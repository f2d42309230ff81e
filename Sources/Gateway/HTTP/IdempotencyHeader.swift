import HTTPTypes
import Hummingbird
import Messages

/// A client's name for one request, which makes repeating it harmless.
enum IdempotencyHeader {
    /// Returns a request's key, from the header `Idempotency-Key` or the body's field `idempotency_key`.
    /// - Throws: ``Problem`` 422 when the two differ, or the key does not fit ``Limits/idempotencyKey``.
    static func of(_ request: Request, field: String?) throws -> String? {
        let header = request.headers[.idempotencyKey]
        if let header, let field, header != field {
            throw Problem.unprocessable("the header 'Idempotency-Key' and the field 'idempotency_key' differ")
        }
        guard let key = field ?? header else { return nil }
        guard Limits.fits(key, Limits.idempotencyKey) else {
            throw Problem.unprocessable("'idempotency_key' must have 1 to 200 characters, and at most 800 bytes")
        }
        return key
    }
}

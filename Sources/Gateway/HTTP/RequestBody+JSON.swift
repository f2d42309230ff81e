import Foundation
import HTTPTypes
import Hummingbird
import Messages

extension Request {
    /// Decodes the body. Reads at most `limit` bytes.
    /// - Parameter nothing: The value of an empty body; nil = an empty body is refused.
    /// - Throws: ``Fault`` `body_too_large`, `invalid_json` with the position, or `invalid_request` with the field.
    func json<T: Decodable>(_ type: T.Type, limit: Int = GatewayLimits.body, nothing: T? = nil) async throws -> T {
        let tooLarge = Fault(.bodyTooLarge, "the request's body is over the limit of \(limit) bytes")
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
        let data = try await whole(limit, tooLarge)
        if data.isEmpty, let nothing { return nothing }
        let value: T
        do { value = try JSONDecoder().decode(type, from: data) } catch let error as DecodingError {
            throw Self.fault(error, data)
        }
        return try await Problem.unprocessable {
            try TextLimits.check([UInt8](data))
            return value
        }
    }

    private func whole(_ limit: Int, _ tooLarge: Fault) async throws -> Data {
        var data = Data()
        do {
            for try await part in body {
                guard data.count + part.readableBytes <= limit else { throw tooLarge }
                data.append(contentsOf: part.readableBytesView)
            }
        } catch let fault as Fault {
            throw fault
        } catch let error as CancellationError {
            throw error
        } catch {
            // The client disconnected.
            throw Fault(.invalidRequest, "the request's body ended before it was complete")
        }
        return data
    }

    private static func fault(_ error: DecodingError, _ data: Data) -> Fault {
        guard case .dataCorrupted(let context) = error, context.codingPath.isEmpty else {
            return Fault(.invalidRequest, "the request's body is not valid: \(Wire.sentence(error))")
        }
        return Fault(.invalidJSON, "the request's body is not valid JSON" + (position(data).map { ": \($0)" } ?? ""))
    }

    /// Returns the error and its position, from `JSONSerialization`: `JSONDecoder` reports no position. Neither quotes the
    /// body.
    private static func position(_ data: Data) -> String? {
        do {
            _ = try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
            return nil
        } catch {
            let description = (error as NSError).userInfo["NSDebugDescription"] as? String
            return description.map { text in
                let sentence = text.hasSuffix(".") ? text.dropLast() : text[...]
                return sentence.prefix(1).lowercased() + sentence.dropFirst()
            }
        }
    }
}

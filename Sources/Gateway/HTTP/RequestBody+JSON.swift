import Foundation
import HTTPTypes
import Hummingbird
import Messages

extension Request {
    /// The body as a value. No more than `limit` bytes are ever read.
    /// - Parameter nothing: The value of a request without a body; nil = such a one is refused.
    /// - Throws: ``Fault`` `body_too_large`, `invalid_json` with the place, or `invalid_request` with the field.
    func json<T: Decodable>(_ type: T.Type, limit: Int = GatewayLimits.body, nothing: T? = nil) async throws -> T {
        let tooLarge = Fault(.bodyTooLarge, "the request's body is over the limit of \(limit) bytes")
        if let length = headers[.contentLength].flatMap({ Int($0) }), length > limit { throw tooLarge }
        let data = try await whole(limit, tooLarge)
        if data.isEmpty, let nothing { return nothing }
        do {
            return try JSONDecoder().decode(type, from: data)
        } catch let error as DecodingError {
            throw Self.fault(error, data)
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
            // The client has gone in the middle: nothing that anybody here could mend.
            throw Fault(.invalidRequest, "the request's body ended before it was whole")
        }
        return data
    }

    private static func fault(_ error: DecodingError, _ data: Data) -> Fault {
        guard case .dataCorrupted(let context) = error, context.codingPath.isEmpty else {
            return Fault(.invalidRequest, "the request's body is not valid: \(Wire.sentence(error))")
        }
        return Fault(.invalidJSON, "the request's body is not valid JSON" + (place(data).map { ": \($0)" } ?? ""))
    }

    /// What is wrong and where, as the other decoder says it: `JSONDecoder` keeps that to itself. Neither quotes
    /// the body.
    private static func place(_ data: Data) -> String? {
        do {
            _ = try JSONSerialization.jsonObject(with: data, options: .fragmentsAllowed)
            return nil
        } catch {
            let words = (error as NSError).userInfo["NSDebugDescription"] as? String
            return words.map { words in
                let sentence = words.hasSuffix(".") ? words.dropLast() : words[...]
                return sentence.prefix(1).lowercased() + sentence.dropFirst()
            }
        }
    }
}

/// What the gateway answered.
public struct Answer: Sendable {
    public let status: Int
    /// The `Content-Type` field.
    public let type: String
    public let body: [UInt8]

    /// The body as JSON; `missing` when it is none.
    public var json: JSON { (try? JSON(body)) ?? .missing }

    /// The stable code of a problem document.
    public var code: String? { json["code"].string }

    /// The body, if the status is `expected`.
    /// - Throws: ``Refusal``.
    @discardableResult
    public func expect(_ expected: Int) throws -> JSON {
        guard status == expected else { throw Refusal(answer: self) }
        return json
    }
}

/// An answer with another status than the one that was expected.
public struct Refusal: Error, CustomStringConvertible {
    public let answer: Answer
    public init(answer: Answer) { self.answer = answer }
    public var description: String { "HTTP \(answer.status): \(String(decoding: answer.body, as: UTF8.self))" }
}

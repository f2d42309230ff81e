/// Applies ``TextLimits`` to the JSON of a message.
enum TextBounds {
    /// Returns the body with its long texts cut; the body itself in nearly all cases.
    /// - Throws: ``Fault`` `malformed` when it is not one JSON object, or `invalid_request` that names the field.
    static func bounded(_ body: [UInt8], of type: String) throws -> [UInt8] {
        let long = try longTexts(body, of: type)
        guard !long.isEmpty else { return body }
        var out: [UInt8] = []
        var start = 0
        for (field, range) in long {
            guard let text = try JSONReader.read(body[range.lowerBound - 1...range.upperBound]).string else { continue }
            switch TextLimits.of(field) {
            case .whole(let limit):
                guard range.count > limit else { continue }
                throw refusal(field, range.count, limit, type)
            case .refuse(let limit):
                guard text.utf8.count > limit else { continue }
                throw refusal(field, text.utf8.count, limit, type)
            case .cut(let limit):
                guard text.utf8.count > limit else { continue }
                out += body[start..<range.lowerBound - 1]
                var writer = JSONWriter()
                writer.write(TextLimits.cut(text, to: limit))
                out += writer.bytes
                start = range.upperBound + 1
            }
        }
        return start == 0 ? body : out + body[start...]
    }

    /// Returns the strings that may be over a limit, with the names of their fields; the ranges exclude the quotes.
    private static func longTexts(_ body: [UInt8], of type: String) throws -> [(field: String, range: Range<Int>)] {
        let long: LongTexts
        do throws(JSONFlaw) { long = try LongTexts.find(in: body) } catch {
            throw Fault(.malformed, "the body of \(type) is not valid: \(error)")
        }
        if let (field, count) = long.tooLong { throw refusal(field, count, TextLimits.of(field).bytes, type) }
        return long.found
    }

    private static func refusal(_ field: String, _ count: Int, _ limit: Int, _ type: String) -> Fault {
        let code: ErrorCode = ["prompt", "text"].contains(field) ? .promptTooLarge : .invalidRequest
        return Fault(code, "'\(field)' of \(type) has \(count) bytes; at most \(limit) are allowed")
    }
}

extension TextLimits {
    /// Checks the JSON of a person's request: what messages refuse, and nothing is cut. Prompts have an error of their own.
    /// - Throws: ``Fault`` `invalid_request` that names the field; `invalid_json`.
    public static func check(_ json: [UInt8]) throws {
        guard json.count > shortest else { return }
        let long: LongTexts
        do throws(JSONFlaw) { long = try LongTexts.find(in: json) } catch {
            throw Fault(.invalidJSON, "the request's body is not valid JSON: \(error)")
        }
        for (field, range) in long.found {
            guard case .refuse(let limit) = of(field), limit < Limits.prompt,
                let text = try JSONReader.read(json[range.lowerBound - 1...range.upperBound]).string,
                text.utf8.count > limit
            else { continue }
            throw Fault(.invalidRequest, "'\(field)' has \(text.utf8.count) bytes; at most \(limit) are allowed")
        }
    }
}

/// Collects the strings of a body that are long enough to be checked.
private struct LongTexts: JSONVisitor {
    let bytes: UnsafeRawBufferPointer
    private(set) var found: [(field: String, range: Range<Int>)] = []
    /// The first value of ``TextLimits/Rule/whole(_:)`` that is over its limit, and its bytes.
    private(set) var tooLong: (field: String, count: Int)?
    /// The key of the field that is open at each depth, from depth 1.
    private var keys: [Range<Int>] = []
    /// The depth at which a value of ``TextLimits/Rule/whole(_:)`` begins, its field and its offset; nil = not in one.
    private var whole: (depth: Int, field: String, offset: Int)?

    private init(bytes: UnsafeRawBufferPointer) { self.bytes = bytes }

    static func find(in body: [UInt8]) throws(JSONFlaw) -> LongTexts {
        let found = body.withUnsafeBytes { bytes -> Result<LongTexts, JSONFlaw> in
            var walk = JSONWalk(bytes, limit: JSONReader.depth, visitor: LongTexts(bytes: bytes))
            do throws(JSONFlaw) { try walk.run() } catch { return .failure(error) }
            return .success(walk.visitor)
        }
        return try found.get()
    }

    mutating func key(_ range: Range<Int>, depth: Int) {
        guard whole == nil else { return }
        keys[depth - 1] = range
    }

    mutating func text(_ range: Range<Int>, depth: Int) {
        guard whole == nil, range.count > TextLimits.shortest else { return }
        found.append((field(depth), range))
    }

    mutating func open(at offset: Int, depth: Int) {
        guard whole == nil else { return }
        // A list belongs to the field in which it stands.
        let inherited = depth > 1 ? keys[depth - 2] : 0..<0
        if keys.count < depth { keys.append(inherited) } else { keys[depth - 1] = inherited }
        guard depth > 1 else { return }
        let field = field(depth)
        if case .whole = TextLimits.of(field) { whole = (depth, field, offset) }
    }

    mutating func close(at offset: Int, depth: Int) {
        guard let whole, whole.depth == depth else { return }
        let count = offset - whole.offset
        if count > TextLimits.of(whole.field).bytes, tooLong == nil { tooLong = (whole.field, count) }
        self.whole = nil
    }

    private func field(_ depth: Int) -> String {
        String(decoding: bytes[keys[depth - 1]].prefix(64), as: UTF8.self)
    }
}

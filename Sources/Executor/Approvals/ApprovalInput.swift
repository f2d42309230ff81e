import Messages

/// A tool's input, cut to what a person can read before answering.
enum ApprovalInput {
    /// `input` in at most `limit` bytes of JSON. What is too long is cut at the end of its longest texts, on character
    /// boundaries, and each says how much of it is missing; the agent still gets the whole when it is allowed.
    static func cut(_ input: JSONValue, to limit: Int = Limits.approvalInput) -> JSONValue {
        let size = input.bytes.count
        guard size > limit else { return input }
        var fitting: JSONValue?
        // The longest length of texts with which it fits: between what surely does not fit and what is known to.
        var (low, high) = (0, limit)
        while low <= high {
            let middle = (low + high) / 2
            let candidate = shorten(input, to: middle)
            if candidate.bytes.count <= limit {
                fitting = candidate
                low = middle + 1
            } else {
                high = middle - 1
            }
        }
        return fitting ?? ["cut": .string("the input has \(size) bytes, which is too much to show")]
    }

    private static func shorten(_ value: JSONValue, to length: Int) -> JSONValue {
        switch value {
        case .string(let text): .string(shorten(text, to: length))
        case .array(let values): .array(values.map { shorten($0, to: length) })
        case .object(let fields): .object(fields.mapValues { shorten($0, to: length) })
        default: value
        }
    }

    /// The beginning of a text in at most `length` bytes, and how many bytes were left out; the text itself where that
    /// would not make it shorter.
    private static func shorten(_ text: String, to length: Int) -> String {
        let count = text.utf8.count
        guard count > length else { return text }
        var end = text.utf8.index(text.startIndex, offsetBy: length)
        while end.samePosition(in: text) == nil { end = text.utf8.index(before: end) }
        let left = text[..<end]
        let mark = "… [\(count - left.utf8.count) bytes cut]"
        return left.utf8.count + mark.utf8.count < count ? left + mark : text
    }
}

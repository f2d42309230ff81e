import Messages

/// A tool's input, cut to what a person can read before answering.
enum PermissionInput {
    /// Returns `input` in at most `limit` bytes of JSON. The longest texts are cut at their ends, on character boundaries,
    /// and each names the number of bytes cut. The agent still gets the whole input when it is allowed.
    static func cut(_ input: JSONValue, to limit: Int = Limits.approvalInput) -> JSONValue {
        let size = input.bytes.count
        guard size > limit else { return input }
        var fitting: JSONValue?
        // Searches for the longest length of texts with which the input fits.
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
        return fitting ?? ["cut": .string("the input has \(size) bytes, which is too long to show")]
    }

    private static func shorten(_ value: JSONValue, to length: Int) -> JSONValue {
        switch value {
        case .string(let text): .string(shorten(text, to: length))
        case .array(let values): .array(values.map { shorten($0, to: length) })
        case .object(let fields): .object(fields.mapValues { shorten($0, to: length) })
        default: value
        }
    }

    /// Returns at most the first `length` bytes of a text and a mark with the number of bytes cut; the text itself where
    /// that would not be shorter.
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

import ArgumentParser
import Messages

/// Ids as people shorten them.
enum Shortened {
    /// How many characters the beginning of an id has at least: fewer would hit by chance.
    static let shortest = 6

    /// Holds what was typed against what the beginning of an id can be.
    /// - Parameters:
    ///   - what: Such as `a task`.
    ///   - list: The command that lists them.
    /// - Throws: `ValidationError`.
    static func check(_ text: String, _ what: String, list: String) throws {
        guard text.allSatisfy({ $0.isHexDigit || $0 == "-" }), (shortest..<36).contains(text.count) else {
            throw ValidationError(
                "'\(text)' is neither \(what)'s id nor the first \(shortest) or more characters of one; "
                    + "`wegent \(list)` lists them")
        }
    }

    /// The one of `items` whose id begins with `text`; nil = none.
    /// - Throws: ``Failure`` when there are more.
    static func match<Item>(_ text: String, _ items: [Item], _ plural: String, id: (Item) -> String) throws -> Item? {
        let matches = items.filter { id($0).hasPrefix(text) }
        guard matches.count <= 1 else {
            throw Failure("\(matches.count) \(plural) begin with \(text); give more of the id")
        }
        return matches.first
    }

    /// So much of each id that it is told from the others: its time to the millisecond, and more where that is the same.
    static func texts(_ ids: [String]) -> [String] {
        var length = min(13, ids.map(\.count).min() ?? 0)
        while length < 36, Set(ids.map { $0.prefix(length) }).count < Set(ids).count { length += 1 }
        return ids.map { String($0.prefix(length)) }
    }
}

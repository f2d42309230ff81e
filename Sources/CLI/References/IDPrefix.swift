import ArgumentParser
import Messages

/// Shortened ids on the command line and in tables.
enum IDPrefix {
    /// The shortest prefix that is accepted, in characters; a shorter one would match by chance.
    static let shortest = 6

    /// Checks that `text` can be the prefix of an id.
    /// - Parameters:
    ///   - noun: With its article, such as `a task`.
    ///   - command: The subcommand that lists the ids.
    /// - Throws: `ValidationError`.
    static func check(_ text: String, _ noun: String, command: String) throws {
        guard text.allSatisfy({ $0.isHexDigit || $0 == "-" }), (shortest..<36).contains(text.count) else {
            throw ValidationError(
                "'\(text)' is neither \(noun) id nor the first \(shortest) or more characters of one; "
                    + "`wegent \(command)` lists the ids")
        }
    }

    /// Returns the item with an id that begins with `text`; nil = none.
    /// - Throws: ``CommandError`` when there are several.
    static func match<Item>(_ text: String, _ items: [Item], _ plural: String, id: (Item) -> String) throws -> Item? {
        let matches = items.filter { id($0).hasPrefix(text) }
        guard matches.count <= 1 else {
            throw CommandError("\(matches.count) \(plural) have an id that begins with \(text); type more characters")
        }
        return matches.first
    }

    /// Shortens ids to one common length at which they all differ; at least 13 characters, the time to the millisecond.
    static func shorten(_ ids: [String]) -> [String] {
        var length = min(13, ids.map(\.count).min() ?? 0)
        while length < 36, Set(ids.map { $0.prefix(length) }).count < Set(ids).count { length += 1 }
        return ids.map { String($0.prefix(length)) }
    }
}

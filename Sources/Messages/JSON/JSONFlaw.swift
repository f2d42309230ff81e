/// Why bytes are not exactly one JSON object in valid UTF-8. Quotes nothing of them.
public struct JSONFlaw: Error, Hashable, Sendable, CustomStringConvertible {
    /// What is wrong.
    public enum Reason: Hashable, Sendable {
        /// Something else than an object stands at the beginning, or nothing.
        case noObject
        /// The bytes end within the object.
        case cut
        /// Something follows the object.
        case trailing
        /// A byte stands where JSON does not allow it.
        case syntax
        /// A string has a control character that is not escaped.
        case control
        /// A string is not valid UTF-8.
        case utf8
        /// A string has half of a surrogate pair.
        case surrogate
        /// A number is 10^308 or more.
        case number
        /// Objects and lists are nested too deep.
        case depth
    }
    public let reason: Reason
    /// The offset of the byte at which it was found, from 0.
    public let offset: Int

    public var description: String { "\(sentence) (at byte \(offset))" }

    private var sentence: String {
        switch reason {
        case .noObject: "it does not begin with an object"
        case .cut: "it ends within the object"
        case .trailing: "something follows the object"
        case .syntax: "it is not JSON"
        case .control: "a string has a control character that is not escaped"
        case .utf8: "a string is not valid UTF-8"
        case .surrogate: "a string has half of a surrogate pair"
        case .number: "a number is 10^308 or more"
        case .depth: "its objects and lists are nested too deep"
        }
    }
}

/// The structural check of an event's payload.
public enum JSONCheck {
    /// The deepest nesting of a payload: no agent comes near it, and readers that recurse survive it.
    public static let depth = 128

    /// Returns why `bytes` are not exactly one JSON object in valid UTF-8, nested at most ``depth`` deep; nil = they are.
    public static func flaw(in bytes: UnsafeRawBufferPointer) -> JSONFlaw? {
        var walk = JSONWalk(bytes, limit: depth, visitor: Unvisited())
        do throws(JSONFlaw) {
            try walk.run()
            return nil
        } catch {
            return error
        }
    }

    private struct Unvisited: JSONVisitor {
        @inline(__always) func key(_ range: Range<Int>, depth: Int) {}
        @inline(__always) func text(_ range: Range<Int>, depth: Int) {}
        @inline(__always) func open(at offset: Int, depth: Int) {}
        @inline(__always) func close(at offset: Int, depth: Int) {}
    }
}

/// The colours and the weight of a character on a terminal.
struct CellStyle: Sendable, Hashable {
    /// Attributes by their SGR number, which is the bit's index; without 8, which hides text.
    private var attributes: UInt16 = 0
    /// The SGR parameters of the colours, such as `31` or `38;5;208`; empty = the terminal's own.
    private var foreground = ""
    private var background = ""

    static let plain = CellStyle()
    static let dim = CellStyle(attributes: 1 << 2)
    static let red = CellStyle(foreground: "31")

    private init(attributes: UInt16 = 0, foreground: String = "") {
        (self.attributes, self.foreground) = (attributes, foreground)
    }

    /// Changes the style by the numbers of an SGR sequence; 0 sets it to `base`.
    mutating func apply(_ numbers: [Int], base: CellStyle) {
        var rest = (numbers.isEmpty ? [0] : numbers)[...]
        while let number = rest.popFirst() {
            switch number {
            case 0: self = base
            case 1...7, 9: attributes |= 1 << number
            case 21, 22: attributes &= ~(1 << 1 | 1 << 2)
            case 23, 24, 25, 27, 29: attributes &= ~(1 << (number - 20))
            case 30...37, 90...97: foreground = "\(number)"
            case 39: foreground = ""
            case 40...47, 100...107: background = "\(number)"
            case 49: background = ""
            case 38: foreground = Self.colour(38, &rest) ?? foreground
            case 48: background = Self.colour(48, &rest) ?? background
            default: break
            }
        }
    }

    /// The sequence that changes from one style to another.
    static func change(from old: CellStyle, to new: CellStyle) -> String {
        guard old != new else { return "" }
        let numbers = (old == .plain ? [] : ["0"]) + new.numbers
        return "\u{1b}[\(numbers.joined(separator: ";"))m"
    }

    private var numbers: [String] {
        (0..<16).filter { attributes & 1 << $0 != 0 }.map(String.init)
            + [foreground, background].filter { !$0.isEmpty }
    }

    private static func colour(_ kind: Int, _ rest: inout ArraySlice<Int>) -> String? {
        let count = rest.first == 5 ? 2 : rest.first == 2 ? 4 : 0
        guard count > 0, rest.count >= count else { return nil }
        let numbers = rest.prefix(count)
        rest = rest.dropFirst(count)
        guard numbers.allSatisfy({ (0...255).contains($0) }) else { return nil }
        return ([kind] + numbers).map(String.init).joined(separator: ";")
    }
}

/// The size of a pseudo-terminal in characters.
public struct TerminalSize: Codable, Sendable, Equatable {
    /// The columns, 1 to 1,000.
    public var columns: Int
    /// The rows, 1 to 1,000.
    public var rows: Int

    public init(columns: Int, rows: Int) {
        self.columns = columns
        self.rows = rows
    }

    /// The range of ``columns`` and ``rows``: beyond any screen, and small enough for programs that allocate a cell each.
    public static let range = 1...1000

    /// Checks both numbers against ``range``.
    /// - Throws: ``Fault`` `invalid_request`.
    public func check() throws {
        guard Self.range.contains(columns), Self.range.contains(rows) else {
            throw Fault(.invalidRequest, "'terminal' must have 'columns' and 'rows' of 1 to 1000 each")
        }
    }
}

import GRDB
import Messages

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Identifier {
    /// The value of a column: 16 bytes.
    var blob: Data { Data(bytes) }

    /// Reads a column.
    /// - Throws: ``TaskStoreError`` `corrupt` unless it has 16 bytes.
    init(row: Row, _ index: Int) throws {
        guard let value = Self(bytes: row[index] as Data) else {
            throw TaskStoreError(.corrupt, "column \(index) of a row of dispatcher.db is not an id of 16 bytes")
        }
        self = value
    }
}

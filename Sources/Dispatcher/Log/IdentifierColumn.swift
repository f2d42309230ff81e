import GRDB
import Messages
import Storage

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

extension Identifier {
    /// As a column's value: 16 bytes.
    var blob: Data { Data(bytes) }

    /// From a column.
    /// - Throws: ``Fault`` `internal` when it has no 16 bytes.
    init(row: Row, _ index: Int) throws {
        guard let value = Self(bytes: row[index] as Data) else {
            throw Fault(.internalError, "column \(index) of dispatcher.db has an id that is not one")
        }
        self = value
    }
}

import GRDB

/// What a store could not do.
public struct StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// What kind of failure; open for more.
    public enum Kind: Sendable {
        /// The disk, or the file's allowed size, is full.
        case diskFull
        /// The file, its directory or its file system does not allow writing.
        case readOnly
        /// Another process holds the lock.
        case locked
        /// The file is damaged or is not a database; it was left as it is.
        case corrupt
        /// The file or its directory cannot be opened or made.
        case cannotOpen
        /// The database was written by a newer version of this program.
        case tooNew
        /// More work is waiting than ``StoreLimits`` allows; nothing was done.
        case overloaded
        /// The store was closed before; nothing was done.
        case closed
        case other
    }
    public var kind: Kind
    /// A sentence with the path, the problem and what to do.
    public var description: String

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

extension StoreError {
    /// Turns an error of the file or the machine into a sentence; nil for an error of the statement (a constraint, bad
    /// SQL), which callers handle as it is.
    init?(_ error: any Error, path: String) {
        guard let error = error as? DatabaseError else { return nil }
        switch error.resultCode {
        case .SQLITE_FULL:
            self.init(.diskFull, "the disk is full: \(path) cannot grow; free some space and try again")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(.readOnly, "\(path) cannot be written; check the owner and mode of the file and its directory")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(
                .locked,
                "\(path) is locked by another process; stop that one or use another data directory")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(
                .corrupt,
                "\(path) is damaged or not a database; it was left as it is: move it away or restore a backup")
        case .SQLITE_CANTOPEN:
            self.init(.cannotOpen, "\(path) cannot be opened; check the path and the owner and mode of its directory")
        case .SQLITE_IOERR, .SQLITE_NOMEM, .SQLITE_TOOBIG, .SQLITE_INTERRUPT, .SQLITE_PROTOCOL, .SQLITE_NOLFS:
            self.init(.other, "\(path): \(error.message ?? "the database failed") (SQLite \(error.extendedResultCode))")
        default: return nil
        }
    }
}

import GRDB

/// What a store could not do.
public struct StoreError: Error, Sendable, Equatable, CustomStringConvertible {
    /// Which kind; open for more.
    public enum Kind: Sendable {
        /// The disk, or the file's allowed size, is full.
        case diskFull
        /// The file, its directory or its file system does not allow writing.
        case readOnly
        /// Another process holds the lock.
        case locked
        /// The file is no database or is damaged; it was left as it is.
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
    /// A sentence that names the path, says what is wrong and what to do.
    public var description: String

    public init(_ kind: Kind, _ description: String) {
        self.kind = kind
        self.description = description
    }
}

extension StoreError {
    /// What SQLite says of the file or the machine, in a sentence; nil for errors that are the statement's own
    /// (a constraint, bad SQL), which callers want to see as they are.
    init?(_ error: any Error, path: String) {
        guard let error = error as? DatabaseError else { return nil }
        switch error.resultCode {
        case .SQLITE_FULL:
            self.init(.diskFull, "the disk is full: \(path) cannot grow; free some space and try again")
        case .SQLITE_READONLY, .SQLITE_PERM, .SQLITE_AUTH:
            self.init(.readOnly, "\(path) cannot be written; check who owns the file and its directory")
        case .SQLITE_BUSY, .SQLITE_LOCKED:
            self.init(
                .locked,
                "\(path) is locked by another process; stop that one or use another data directory")
        case .SQLITE_CORRUPT, .SQLITE_NOTADB:
            self.init(
                .corrupt,
                "\(path) is damaged or no database; it was left as it is: move it away or restore a backup")
        case .SQLITE_CANTOPEN:
            self.init(.cannotOpen, "\(path) cannot be opened; check the path and who owns its directory")
        case .SQLITE_IOERR, .SQLITE_NOMEM, .SQLITE_TOOBIG, .SQLITE_INTERRUPT, .SQLITE_PROTOCOL, .SQLITE_NOLFS:
            self.init(.other, "\(path): \(error.message ?? "the database failed") (SQLite \(error.extendedResultCode))")
        default: return nil
        }
    }
}

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The directory that a service keeps its files in; nobody else's business, so mode 0700.
public enum DataDirectory {
    /// Makes the directory and those above it where they are missing, with mode 0700. One that is there keeps its mode.
    /// - Throws: ``StoreError`` of kind `cannotOpen` that names the path.
    public static func make(_ path: String) throws {
        if isDirectory(path) { return }
        let above = parent(of: path)
        if above != path { try make(above) }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST && isDirectory(path) else {
            throw StoreError(.cannotOpen, "the directory \(path) cannot be made: \(reason(errno))")
        }
    }

    /// Makes an empty file that only its owner may read, unless there is one. SQLite gives its side files the
    /// same mode.
    static func makeFile(_ path: String) throws {
        try make(parent(of: path))
        let file = open(path, O_RDWR | O_CREAT | O_CLOEXEC, 0o600)
        guard file >= 0 else {
            let error = errno
            let kind: StoreError.Kind = error == EACCES || error == EROFS ? .readOnly : .cannotOpen
            throw StoreError(error == ENOSPC ? .diskFull : kind, "\(path) cannot be opened: \(reason(error))")
        }
        close(file)
    }

    /// A file's length in bytes; 0 when there is none.
    static func size(_ path: String) -> Int {
        var about = stat()
        return stat(path, &about) == 0 ? Int(about.st_size) : 0
    }

    static func exists(_ path: String) -> Bool { access(path, F_OK) == 0 }

    static func remove(_ path: String) { unlink(path) }

    static func parent(of path: String) -> String {
        guard let slash = path.lastIndex(of: "/") else { return "." }
        return slash == path.startIndex ? "/" : String(path[..<slash])
    }

    static func reason(_ error: Int32) -> String { String(cString: strerror(error)) }

    private static func isDirectory(_ path: String) -> Bool {
        var about = stat()
        return stat(path, &about) == 0 && about.st_mode & S_IFMT == S_IFDIR
    }
}

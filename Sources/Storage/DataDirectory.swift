#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

/// The directory of a service's files, with mode 0700: only the service's user may read them.
public enum DataDirectory {
    /// Makes the directory and its missing parents, with mode 0700. An existing directory keeps its mode.
    /// - Throws: ``StoreError`` of kind `cannotOpen` that names the path.
    public static func make(_ path: String) throws {
        if isDirectory(path) { return }
        let above = parent(of: path)
        if above != path { try make(above) }
        guard mkdir(path, 0o700) == 0 || errno == EEXIST && isDirectory(path) else {
            throw StoreError(.cannotOpen, "the directory \(path) cannot be made: \(reason(errno))")
        }
    }

    /// Makes an empty file with mode 0600, unless there is one. SQLite gives its side files the same mode.
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

    /// Returns a file's length in bytes; 0 when there is no such file.
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

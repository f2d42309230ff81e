import Storage

extension TaskStoreError {
    /// An error of the file, its lock, or a statement.
    init(_ error: any Error) {
        switch error {
        case let error as TaskStoreError: self = error
        case let error as StoreError: self.init(Kind(error.kind), error.description)
        case is CancellationError: self.init(.cancelled, "the caller was cancelled")
        default: self.init(.rejected, "\(error)")
        }
    }
}

extension TaskStoreError.Kind {
    init(_ kind: StoreError.Kind) {
        self =
            switch kind {
            case .diskFull: .diskFull
            case .readOnly: .readOnly
            case .locked: .locked
            case .corrupt: .corrupt
            case .cannotOpen: .cannotOpen
            case .tooNew: .tooNew
            case .overloaded: .overloaded
            case .closed: .closed
            case .other: .other
            }
    }
}

import Mesh
import Messages

/// A subscription to a task's events.
struct Viewer: Sendable {
    let owner: UserID
    let outlet: ItemWriter
    /// The last seq that was sent.
    var cursor: UInt64
    /// Whether a page of the log is being read for it.
    var isReading = false
    /// When anything was last sent, in monotonic ms.
    var sentAt: Int64
}

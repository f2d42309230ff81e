/// Why a connection was refused; the raw value is the metric's `reason`.
enum MeshRefusal: String, CaseIterable, Sendable {
    /// Its key is not in the allow-list.
    case key
    /// It has completed no handshake of CURVE: it has no key, or expects another key here.
    case handshake
    /// Its hello claims a role that its key may not play.
    case role
    /// Its hello claims an incarnation that belongs to another key or role.
    case incarnation
}

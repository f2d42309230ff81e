/// What this build is.
enum Build {
    /// Of the whole project; see `CHANGELOG.md`.
    static let version = "0.1.0"
}

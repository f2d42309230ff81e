/// The product's constants.
public enum Product {
    /// The version of every binary of this package, as in the changelog (semantic versioning).
    public static let version = "0.1.0"
}

import ArgumentParser
import Messages

/// A choice from a set of names as an option's value. Only names that this version knows are valid.
public protocol NamedChoice: OpenSet, ExpressibleByArgument {
    /// The names that this version knows.
    static var all: [Self] { get }
}

extension NamedChoice {
    /// The choice of this name; nil for an unknown one.
    public init?(argument: String) {
        guard let choice = Self.all.first(where: { $0.rawValue == argument }) else { return nil }
        self = choice
    }

    /// The names for help and completion.
    public static var allValueStrings: [String] { all.map(\.rawValue) }
}

extension Priority: NamedChoice {}
extension IfOffline: NamedChoice {}
extension OnDisconnect: NamedChoice {}
extension PermissionMode: NamedChoice {}
extension Background: NamedChoice {}
extension OnLimit: NamedChoice {}

import ArgumentParser
import Messages

/// A choice by name as an option's value: only the names that this version knows, which completion offers.
public protocol NamedChoice: OpenSet, ExpressibleByArgument {
    /// The names that this version knows.
    static var all: [Self] { get }
}

extension NamedChoice {
    /// The choice of this name; nil for one that is not known.
    public init?(argument: String) {
        guard let choice = Self.all.first(where: { $0.rawValue == argument }) else { return nil }
        self = choice
    }

    /// What help and completion offer.
    public static var allValueStrings: [String] { all.map(\.rawValue) }
}

extension Priority: NamedChoice {}
extension IfOffline: NamedChoice {}
extension OnDisconnect: NamedChoice {}
extension PermissionMode: NamedChoice {}

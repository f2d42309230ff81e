import ArgumentParser

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Takes a value from where it was said: a flag over the environment. Defaults are the caller's (`??`).
public struct Setting: Sendable {
    /// The variables, by name.
    public var environment: [String: String]

    public init(environment: [String: String]) { self.environment = environment }

    /// That of this process, as it was when first asked.
    public static let process = Setting(environment: ProcessInfo.processInfo.environment)

    /// The flag's value, else that of the variable; nil when neither was said. An empty variable says nothing.
    /// - Throws: `ValidationError` that names a variable with a value that is not allowed, without the value
    ///   (it may be a secret).
    public func value<T: ExpressibleByArgument>(_ flag: T?, _ variable: String) throws -> T? {
        if let flag { return flag }
        guard let text = environment[variable], !text.isEmpty else { return nil }
        if let value = T(argument: text) { return value }
        let allowed = T.allValueStrings
        throw ValidationError(
            "\(variable) has a value that is not allowed"
                + (allowed.isEmpty ? "" : "; it is one of \(allowed.joined(separator: ", "))"))
    }
}

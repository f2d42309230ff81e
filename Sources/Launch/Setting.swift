import ArgumentParser

#if canImport(FoundationEssentials)
    import FoundationEssentials
#else
    import Foundation
#endif

/// Resolves a setting: a flag, else an environment variable. The caller adds the default with `??`.
public struct Setting: Sendable {
    /// The environment variables by name.
    public var environment: [String: String]

    public init(environment: [String: String]) { self.environment = environment }

    /// The environment of this process, read on first use.
    public static let process = Setting(environment: ProcessInfo.processInfo.environment)

    /// Returns the flag's value, else the variable's; nil when neither is set. An empty variable counts as unset.
    /// - Throws: `ValidationError` that names a variable with an invalid value, without the value, which may be a
    ///   secret.
    public func value<T: ExpressibleByArgument>(_ flag: T?, _ variable: String) throws -> T? {
        if let flag { return flag }
        guard let text = environment[variable], !text.isEmpty else { return nil }
        if let value = T(argument: text) { return value }
        let allowed = T.allValueStrings
        throw ValidationError(
            "\(variable) has an invalid value"
                + (allowed.isEmpty ? "" : "; use one of \(allowed.joined(separator: ", "))"))
    }
}

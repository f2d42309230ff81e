import Messages

/// An error that no retry heals: a setting, the token or the address must be changed first. A program ends with
/// ``exitCode``, so that a supervisor can tell it from a crash.
public struct Misconfiguration: Error, Equatable, CustomStringConvertible {
    /// `EX_CONFIG` of `sysexits.h`.
    public static let exitCode: Int32 = 78

    /// What is wrong, and what to change.
    public let fault: Fault

    public init(_ fault: Fault) { self.fault = fault }

    public var description: String { fault.message }
}

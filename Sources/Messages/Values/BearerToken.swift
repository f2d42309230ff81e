/// An API token as it stands in a flag, a variable or a file.
public enum BearerToken {
    /// Returns the token without white space and line breaks around it, which files and shells add; empty when nothing
    /// is left.
    /// - Throws: ``Fault`` with code `token_invalid` for a character that no token has. It does not show the token.
    public static func read(_ text: String) throws -> String {
        let token = text.trimmingWhitespace()
        guard token.utf8.allSatisfy({ (0x21...0x7e).contains($0) }) else {
            throw Fault(
                .tokenInvalid,
                "the token has a space, a line break or another character that no token has; copy it again, or make a "
                    + "new one with `wegent token create`")
        }
        return token
    }
}

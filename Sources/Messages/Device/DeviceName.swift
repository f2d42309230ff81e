/// The rule for names of devices: people choose a device by its name, on a terminal and on a page.
public enum DeviceName {
    /// Returns what is wrong with a name, as the rest of a sentence that begins with the name's field; nil = nothing is.
    public static func complaint(_ name: String) -> String? {
        guard Limits.fits(name, DeviceUpdate.nameLength) else {
            return "must have 1 to 200 characters"
        }
        guard DeviceUpdate.isLine(name, bytes: 800) else {
            return "must be one line without control characters"
        }
        guard name.unicodeScalars.contains(where: isVisible) else {
            return "must have a visible character: a blank name cannot be read or typed"
        }
        return nil
    }

    private static func isVisible(_ scalar: Unicode.Scalar) -> Bool {
        let properties = scalar.properties
        // U+2800 is a letter of Braille without a dot.
        return !properties.isWhitespace && !properties.isDefaultIgnorableCodePoint
            && properties.generalCategory != .format && scalar != "\u{2800}"
    }
}

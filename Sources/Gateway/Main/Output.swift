import Foundation

/// Standard output, for scripts: a line at a time and at once (`print` into a pipe waits for a full block).
enum Output {
    static func line(_ text: String) { FileHandle.standardOutput.write(Data((text + "\n").utf8)) }
}

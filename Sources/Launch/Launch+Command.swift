import ArgumentParser

#if canImport(Glibc)
    import Glibc
#elseif canImport(Musl)
    import Musl
#else
    import Darwin
#endif

extension Launch {
    /// Parses the arguments of a service's program and runs its command. Help and version are printed as
    /// ``StandardOutput`` does; exits when the arguments are wrong or the command fails.
    /// - Parameters:
    ///   - arguments: nil = those of the process.
    ///   - name: the program's name, for errors.
    public static func command(
        _ root: any ParsableCommand.Type, _ arguments: [String]? = nil, name: String
    ) async {
        StandardFiles.occupy()
        do {
            var command = try root.parseAsRoot(arguments)
            if var command = command as? any AsyncParsableCommand {
                try await command.run()
            } else {
                try command.run()
            }
        } catch let error as ExitCode {
            exit(error.rawValue)
        } catch let error where root.exitCode(for: error).isSuccess {
            // The parser throws for `--help` and the like, and would print without a check.
            let text = root.fullMessage(for: error)
            StandardOutput.write(text.hasSuffix("\n") ? text : text + "\n", name: name)
        } catch let error where root.exitCode(for: error) != .failure {
            root.exit(withError: error)
        } catch {
            fail(error, name: name)
        }
    }
}

import ArgumentParser
import Launch
import Mesh
import Messages

/// `wegent-registry keygen`: makes the keys of a service of the mesh.
struct KeygenCommand: ParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "wegent-registry keygen", abstract: "Makes the keys of a service, for tcp:// between machines.",
        discussion: """
            Writes DIR/NAME.key, the secret key (mode 0600), which stays on the machine of the service, and DIR/NAME.pub,
            its line of the allow-list. All services have the same allow-list: the lines of all of them.

            EXAMPLES
              wegent-registry keygen keys --name registry --role registry
              wegent-registry keygen keys --name gateway-1 --role gateway
              cat keys/*.pub > keys/allow
            """)

    @Argument(help: "The directory, made with mode 0700 when it is missing.") var directory: String
    @Option(help: "The service's name in logs: 1 to 64 letters, digits, dots, dashes or underscores.") var name: String
    @Option(help: "gateway, dispatcher, registry or executor: the one role that the key may play.") var role: String

    func run() throws {
        let paths = try MeshKeyPair.generate().write(
            to: directory, name: name, role: ServiceRole(rawValue: role))
        print(paths.key)
        print(paths.open)
    }
}

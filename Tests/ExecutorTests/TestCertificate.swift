import Foundation
import NIOSSL
import TestSupport
import Testing

/// A certificate for one name that signs itself, made by openssl.
struct TestCertificate {
    static let isPossible = FileManager.default.isExecutableFile(atPath: "/usr/bin/openssl")

    let chain: [NIOSSLCertificate]
    let server: TLSConfiguration
    private let folder: TemporaryDirectory

    /// - Parameter names: In openssl's form.
    init(names: String = "DNS:localhost,IP:127.0.0.1") async throws {
        folder = try TemporaryDirectory()
        let openssl = try ChildProcess(
            "/usr/bin/openssl",
            [
                "req", "-x509", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes", "-days", "2",
                "-subj", "/CN=localhost", "-addext", "subjectAltName=\(names)", "-keyout", folder.file("key"), "-out",
                folder.file("cert"),
            ])
        #expect(try await openssl.exit() == .exited(0))
        chain = try NIOSSLCertificate.fromPEMFile(folder.file("cert"))
        server = .makeServerConfiguration(
            certificateChain: chain.map { .certificate($0) },
            privateKey: .privateKey(try .init(file: folder.file("key"), format: .pem)))
    }
}

import Foundation

/// One line of the table: the messages to send.
struct Measurement {
    enum Kind { case trips, stream, streamFromOutside }

    var name: String
    var kind: Kind
    var count: Int
    /// Bytes of the body.
    var size: Int
    /// The ratio to reach; nil = for information only.
    var target: Double?

    /// `rtt` or `oneway`, the mode of the C program.
    var mode: String { kind == .trips ? "rtt" : "oneway" }

    static func all(trips: Int, messages: Int) -> [Measurement] {
        [
            Measurement(name: "round trip, 64 B", kind: .trips, count: trips, size: 64, target: 0.8),
            Measurement(name: "round trip, 1 KiB", kind: .trips, count: trips, size: 1024, target: 0.8),
            Measurement(name: "one way, 64 B", kind: .stream, count: messages, size: 64, target: 0.5),
            Measurement(name: "one way, 1 KiB", kind: .stream, count: messages, size: 1024),
            Measurement(
                name: "one way, 64 B, from another thread", kind: .streamFromOutside, count: messages, size: 64),
        ]
    }
}

/// The rates of one measurement, one value per round.
struct Comparison {
    var name: String
    var target: Double?
    /// C with one part.
    var bare: [Double] = []
    /// C with the mesh's two parts.
    var framed: [Double] = []
    /// The mesh.
    var mesh: [Double] = []

    init(name: String, target: Double?) {
        self.name = name
        self.target = target
    }

    static let heading =
        "what".padding(toLength: 36, withPad: " ", startingAt: 0)
        + "  C, one part  C, same frames       mesh  ratio  ratio (one part)  target"

    /// The line of the table.
    var row: String {
        let (bare, framed, mesh) = (Self.median(bare), Self.median(framed), Self.median(mesh))
        let numbers = String(
            format: "%13.0f %15.0f %10.0f %6.2f %17.2f", bare, framed, mesh, mesh / framed, mesh / bare)
        return name.padding(toLength: 36, withPad: " ", startingAt: 0) + numbers
            + (target.map { String(format: "%8.2f", $0) } ?? "       -")
    }

    private static func median(_ values: [Double]) -> Double { Quantiles(values).at(0.5) }
}

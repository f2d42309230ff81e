import ArgumentParser
import TestClient
import TestCluster
import TestSupport

/// `wegent-bench reconnect`: a thousand devices and a gateway that is killed.
struct ReconnectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconnect", abstract: "Measures what idle devices cost a gateway, and how soon they are back.",
        discussion: """
            Simulated devices in this process connect by real WebSockets, register and beat as executors do. The gateway \
            is then killed with -9 and started again at once; the devices dial with the executor's own pauses.

              wegent-bench reconnect --devices 1000
            """)

    @Option(help: "How many devices.")
    var devices = 1000

    @Option(help: "For how many seconds the idle gateway's processor time is looked at.")
    var idle = 10

    func validate() throws {
        guard (1...20_000).contains(devices), (1...600).contains(idle) else {
            throw ValidationError("--devices is 1 to 20000, --idle 1 to 600")
        }
    }

    func run() async throws {
        Bench.raiseFileLimit()
        let (devices, idle) = (devices, idle)
        let limit = Duration.seconds(180 + idle + devices / 20)
        try await Bench.cluster("reconnecting is measured", within: limit, executor: false) { cluster in
            try await Fleet.with(devices, cluster) { fleet in
                Report.say("\(devices) simulated devices of one user at one gateway, plain WebSockets")
                Report.figure("registered for the first time, all dialling at once", fleet.rate, "a second")
                Report.figure("gateway's resident memory", fleet.memory / 1e3, "kB/idle device", aim: "16")
                let share = try await fleet.idleShare(for: .seconds(idle))
                Report.figure("gateway's processor time, idle", share * 100, "% of a core")
                let back = try await fleet.restart()
                Report.figure("gateway answers again", back.ready, "ms after kill -9")
                Report.say(Quantiles.heading("milliseconds from the kill (aim: 10,000)"))
                Report.say(Quantiles(back.devices).row("device is registered again"))
                Report.say("\(back.refused) tries to connect failed meanwhile")
            }
        }
    }
}

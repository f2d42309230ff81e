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
            is then killed with -9 and started again at once, and a second time later; the devices dial with the executor's own pauses.

              wegent-bench reconnect --devices 1000
            """)

    @Option(help: "How many devices.")
    var devices = 1000

    @Option(help: "For how many seconds the idle gateway's processor time is looked at.")
    var idle = 10

    @Option(help: "For how many seconds the gateway is away the second time.")
    var away = 5

    func validate() throws {
        guard (1...20_000).contains(devices), (1...600).contains(idle), (1...60).contains(away) else {
            throw ValidationError("--devices is 1 to 20000, --idle 1 to 600, --away 1 to 60")
        }
    }

    func run() async throws {
        Bench.raiseFileLimit()
        let (devices, idle, away) = (devices, idle, away)
        let limit = Duration.seconds(180 + idle + away + devices / 20)
        try await Bench.cluster("reconnecting is measured", within: limit, executor: false) { cluster in
            try await Fleet.with(devices, cluster) { fleet in
                Report.say("\(devices) simulated devices of one user at one gateway, plain WebSockets")
                Report.figure("registered for the first time, all dialling at once", fleet.rate, "a second")
                Report.figure("gateway's resident memory", fleet.memory / 1e3, "kB/idle device", aim: "16")
                let share = try await fleet.idleShare(for: .seconds(idle))
                Report.figure("gateway's processor time, idle", share * 100, "% of a core")
                for seconds in [0, away] {
                    let back = try await fleet.restart(after: .seconds(seconds))
                    Report.say(
                        "gateway killed with -9, ready again \(Int(back.ready)) ms later, \(back.refused) tries failed")
                    Report.say(Quantiles.heading("milliseconds (aim: 10,000)"))
                    Report.say(Quantiles(back.devices.map { $0 + back.ready }).row("from the kill to registered again"))
                    Report.say(Quantiles(back.devices).row("from the gateway's return to that"))
                }
            }
        }
    }
}

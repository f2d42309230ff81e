import ArgumentParser
import TestClient
import TestCluster
import TestSupport

/// `wegent-bench reconnect`: many devices and a gateway that is killed.
struct ReconnectCommand: AsyncParsableCommand {
    static let configuration = CommandConfiguration(
        commandName: "reconnect",
        abstract: "Measures the cost of idle devices on a gateway, and how soon they reconnect.",
        discussion: """
            Simulated devices in this process connect over WebSockets, register and send heartbeats as executors do. The \
            gateway is then killed with SIGKILL and restarted at once, and a second time after a pause. The devices \
            redial with the executor's backoff.

              wegent-bench reconnect --devices 1000
            """)

    @Option(help: "Number of devices.")
    var devices = 1000

    @Option(help: "Seconds for which the idle gateway's processor time is measured.")
    var idle = 10

    @Option(help: "Seconds until the gateway is restarted the second time.")
    var away = 5

    func validate() throws {
        guard (1...20_000).contains(devices), (1...600).contains(idle), (1...60).contains(away) else {
            throw ValidationError("--devices must be 1 to 20000, --idle 1 to 600, --away 1 to 60")
        }
    }

    func run() async throws {
        Bench.raiseFileLimit()
        let (devices, idle, away) = (devices, idle, away)
        let limit = Duration.seconds(180 + idle + away + devices / 20)
        try await Bench.cluster("reconnecting is measured", within: limit, executor: false) { cluster in
            try await Fleet.with(devices, cluster) { fleet in
                Report.line("\(devices) simulated devices of one user at one gateway, plain WebSockets")
                Report.figure("registered for the first time, all dialling at once", fleet.rate, "a second")
                Report.figure("gateway's resident memory", fleet.memory / 1e3, "kB/idle device", aim: "16")
                let share = try await fleet.idleShare(for: .seconds(idle))
                Report.figure("gateway's processor time, idle", share * 100, "% of a core")
                for seconds in [0, away] {
                    let recovery = try await fleet.restart(after: .seconds(seconds))
                    Report.line(
                        "gateway killed with -9, ready again \(Int(recovery.ready)) ms later, \(recovery.failures) attempts failed"
                    )
                    Report.line(Quantiles.heading("milliseconds (aim: 10,000)"))
                    Report.line(
                        Quantiles(recovery.devices.map { $0 + recovery.ready }).row("from the kill to registered again")
                    )
                    Report.line(Quantiles(recovery.devices).row("from the gateway's restart to that"))
                }
            }
        }
    }
}

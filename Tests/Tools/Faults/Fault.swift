import Foundation
import TestCluster
import TestSupport

/// Something that is done to a running cluster, with how it is undone.
enum Fault: Sendable, CustomStringConvertible {
    /// A service is killed with -9 and started again after this long.
    case kill(String, down: Duration)
    /// A service is stopped with SIGSTOP and goes on after this long.
    case freeze(String, for: Duration)
    /// A service is asked to end and started again.
    case restart(String)
    /// Every executor's connection is cut.
    case cut
    /// Nothing gets through to or from executors for this long.
    case silence(Duration)

    var description: String {
        switch self {
        case .kill(let part, let down): "kill -9 \(part), back after \(down)"
        case .freeze(let part, let time): "SIGSTOP \(part) for \(time)"
        case .restart(let part): "restart \(part)"
        case .cut: "cut the executors' sockets"
        case .silence(let time): "pull the executors' cable for \(time)"
        }
    }

    /// Does it, and undoes it.
    func happen(to cluster: Cluster) async throws {
        switch self {
        case .kill(let part, let down):
            try await cluster.kill(part)
            try await Task.sleep(for: down)
            try await cluster.restart(part)
        case .freeze(let part, let time):
            cluster.service(part)?.process.signal(SIGSTOP)
            try await Task.sleep(for: time)
            cluster.service(part)?.process.signal(SIGCONT)
        case .restart(let part):
            try await cluster.stop(part)
            try await cluster.restart(part)
        case .cut: cluster.proxy?.cut()
        case .silence(let time):
            cluster.proxy?.silence(true)
            try await Task.sleep(for: time)
            cluster.proxy?.silence(false)
        }
    }
}

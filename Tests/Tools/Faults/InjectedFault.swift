import Foundation
import TestCluster
import TestSupport

/// A fault to inject into a running cluster, with its repair.
enum InjectedFault: Sendable, CustomStringConvertible {
    /// Kills a service with SIGKILL and restarts it after this time.
    case kill(String, down: Duration)
    /// Freezes a service with SIGSTOP and resumes it after this time.
    case freeze(String, for: Duration)
    /// Stops a service with SIGTERM and restarts it.
    case restart(String)
    /// Cuts every executor's connection.
    case cut
    /// Silences every executor's connection for this time.
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

    /// Injects the fault, and repairs it.
    func inject(into cluster: Cluster) async throws {
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

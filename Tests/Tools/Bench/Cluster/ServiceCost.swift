import TestCluster

/// The processor time of each service of a cluster.
struct ServiceCost: Sendable {
    private static let names = ["registry", "dispatcher", "gateway", "executor"]

    /// In seconds, in the order of ``names``.
    private let spent: [Double]

    /// Reads the processor time since the start of each service.
    init(of cluster: Cluster) {
        spent = Self.names.map { name in cluster.service(name).map { ProcessFigures.cpu($0.process.pid) } ?? 0 }
    }

    private init(spent: [Double]) { self.spent = spent }

    /// Returns the processor time since `earlier`.
    func since(_ earlier: ServiceCost) -> ServiceCost {
        ServiceCost(spent: zip(spent, earlier.spent).map { $0 - $1 })
    }

    /// Prints the time divided by `count`, such as 50 for 50,000 events with the unit `ms/1,000 events`.
    func report(per count: Double, _ unit: String, aim: String? = nil) {
        let each = spent.map { $0 * 1000 / max(count, .leastNonzeroMagnitude) }
        Report.figure("processor time of all services", each.reduce(0, +), unit, aim: aim)
        for (name, value) in zip(Self.names, each) { Report.figure("  \(name)", value, unit) }
    }
}

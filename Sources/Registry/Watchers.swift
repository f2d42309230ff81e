import Mesh

/// Which watcher; a number that is never used again.
struct WatcherID: Hashable, Sendable {
    fileprivate let number: UInt64
}

/// The open watches of one kind, each with its outlet and with what it is still to be told.
struct Watchers<Feed> {
    private var entries: [WatcherID: (outlet: ItemWriter, feed: Feed)] = [:]
    private var last: UInt64 = 0

    var ids: [WatcherID] { Array(entries.keys) }

    mutating func add(_ outlet: ItemWriter, _ feed: Feed) -> WatcherID {
        last += 1
        let id = WatcherID(number: last)
        entries[id] = (outlet, feed)
        return id
    }

    mutating func remove(_ id: WatcherID) { entries[id] = nil }

    /// Changes what every watcher is to be told.
    mutating func update(_ change: (inout Feed) -> Void) {
        for index in entries.values.indices { change(&entries.values[index].feed) }
    }

    /// The next item for a watcher that has credit for it; nil when there is none. The item is to be sent by the
    /// caller, since whatever that sets off may come back here.
    mutating func take<Item>(_ id: WatcherID, _ next: (inout Feed) -> Item?) -> (outlet: ItemWriter, item: Item)? {
        guard let outlet = entries[id]?.outlet else { return nil }
        guard !outlet.isClosed else {
            entries[id] = nil
            return nil
        }
        guard outlet.credit > 0, var feed = entries[id]?.feed else { return nil }
        defer { entries[id]?.feed = feed }
        return next(&feed).map { (outlet, $0) }
    }
}

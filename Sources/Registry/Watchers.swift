import Mesh

/// The number of a watcher; it is never reused.
struct WatcherID: Hashable, Sendable {
    fileprivate let number: UInt64
}

/// The open watches of one kind, each with its outlet and its feed of unsent changes.
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

    /// Changes the feed of every watcher.
    mutating func update(_ change: (inout Feed) -> Void) {
        for index in entries.values.indices { change(&entries.values[index].feed) }
    }

    /// Returns the next item of a watcher that has credit; nil when there is none. The caller sends it after this returns:
    /// sending may call back into this value.
    mutating func next<Item>(_ id: WatcherID, _ item: (inout Feed) -> Item?) -> (outlet: ItemWriter, item: Item)? {
        guard let outlet = entries[id]?.outlet else { return nil }
        guard !outlet.isClosed else {
            entries[id] = nil
            return nil
        }
        guard outlet.credit > 0, var feed = entries[id]?.feed else { return nil }
        defer { entries[id]?.feed = feed }
        return item(&feed).map { (outlet, $0) }
    }
}

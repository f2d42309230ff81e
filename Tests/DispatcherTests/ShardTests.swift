import Messages
import Testing

@testable import Dispatcher

@Suite("Partitions and their shards")
struct ShardTests {
    /// Returns an owner in another partition than `owner`.
    private static func stranger(to owner: UserID) -> UserID {
        var other = UserID.generate()
        while Partition(owner: other) == Partition(owner: owner) { other = .generate() }
        return other
    }

    private static func living(_ partition: Partition, epoch: UInt64, lastOrdinal: Int64 = 0) -> LivingPartition {
        LivingPartition(
            partition: partition, epoch: epoch, lastOrdinal: lastOrdinal, records: [], approvals: [:], plans: [:])
    }

    @Test("All partitions of one epoch are announced as one run")
    func oneRun() {
        let shards = Shards(Partition.all, epoch: 7)
        #expect(
            shards.claims == [
                PartitionClaim(first: Partition(number: 0), last: Partition(number: Partition.count - 1), epoch: 7)
            ])
    }

    @Test("A gap and another epoch begin a new run")
    func runs() {
        let partitions = [0, 1, 4, 5, 6].map { Partition(number: $0) }
        var shards = Shards(partitions, epoch: 7)
        shards[Partition(number: 5)]?.beginLoad(Self.living(Partition(number: 5), epoch: 9))
        let expected = [(0, 1, 7), (4, 4, 7), (5, 5, 9), (6, 6, 7)].map { first, last, epoch in
            PartitionClaim(
                first: Partition(number: first), last: Partition(number: last), epoch: UInt64(epoch))
        }
        #expect(shards.claims == expected)
    }

    @Test("Each partition has its own order of acceptance and its own counts")
    func apart() {
        let owner = UserID.generate()
        let stranger = Self.stranger(to: owner)
        var shards = Shards(Partition.all, epoch: 7)
        #expect(shards.update(owner) { $0.accept(at: Sample.now).ordinal } == 1)
        #expect(shards.update(owner) { $0.accept(at: Sample.now).ordinal } == 2)
        #expect(shards.update(stranger) { $0.accept(at: Sample.now).ordinal } == 1)
        shards[owner]?.countQueued(owner, 1)
        #expect(shards[owner]?.queued(owner) == 1 && shards[stranger]?.queued(owner) == 0)
    }

    @Test("The order of acceptance goes on over a load, and a clock that is set back does not turn it round")
    func order() {
        var shard = Shard(epoch: 7)
        let partition = Partition(number: 3)
        shard.beginLoad(Self.living(partition, epoch: 8, lastOrdinal: 41))
        let first = shard.accept(at: Sample.now)
        #expect(first.ordinal == 42 && shard.epoch == 8)
        let second = shard.accept(at: Sample.now.adding(seconds: -60))
        #expect(second.ordinal == 43 && second.acceptedMs == first.acceptedMs)
        // A load after a failed commit finds a lower ordinal on disk; the lost one is not given again.
        shard.beginLoad(Self.living(partition, epoch: 8, lastOrdinal: 42))
        #expect(shard.accept(at: Sample.now).ordinal == 44)
    }

    @Test("Another process's partition has no shard and a stale epoch")
    func notLed() {
        let owner = UserID.generate()
        var shards = Shards(Partition.all.filter { $0 != Partition(owner: owner) }, epoch: 7)
        #expect(shards[owner] == nil)
        #expect(shards.epoch(of: owner) == 0)
        #expect(shards.update(owner) { $0.accept(at: Sample.now).ordinal } == nil)
    }
}

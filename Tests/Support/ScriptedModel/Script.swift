/// Which turn answers which request.
struct Script {
    private struct Entry {
        var marker: String
        var turn: Turn
        var stays: Bool
    }

    private var entries: [Entry] = []

    mutating func add(_ turn: Turn, marker: String, stays: Bool) {
        entries.append(Entry(marker: marker, turn: turn, stays: stays))
    }

    /// The first turn that fits, which is then used up.
    mutating func next(for prompt: String) -> Turn? {
        guard let index = entries.firstIndex(where: { $0.marker.isEmpty || prompt.contains($0.marker) }) else {
            return nil
        }
        return entries[index].stays ? entries[index].turn : entries.remove(at: index).turn
    }

    /// How many turns have not been asked for.
    var left: Int { entries.count { !$0.stays } }
}

/// The turns of a scripted model, with the prompts that they answer.
struct Script {
    private struct Entry {
        var marker: String
        var turn: Turn
        var isReusable: Bool
    }

    private var entries: [Entry] = []

    mutating func add(_ turn: Turn, marker: String, isReusable: Bool) {
        entries.append(Entry(marker: marker, turn: turn, isReusable: isReusable))
    }

    /// Returns the first turn that matches, and removes it unless it is reusable.
    mutating func next(for prompt: String) -> Turn? {
        guard let index = entries.firstIndex(where: { $0.marker.isEmpty || prompt.contains($0.marker) }) else {
            return nil
        }
        return entries[index].isReusable ? entries[index].turn : entries.remove(at: index).turn
    }

    /// The number of turns not used yet.
    var left: Int { entries.count { !$0.isReusable } }
}

public import MarqueeData

/// What was read, prepared and held out: `data.json` of a run folder.
public struct DataRecord: Sendable, Codable, Equatable {
    /// Nil for a simulated world.
    public var read: ReadReport?
    public var steps: [StepReport]
    public var split: SplitReport
    /// Of what came out of the last step.
    public var description: DatasetDescription
    /// Whether the data was made up.
    public var isSimulated: Bool
    /// Floors and ceilings, where the data is of the media world.
    public var world: MediaLogSummary?

    /// The lines that tell a reader what happened to the data.
    public var lines: [String] {
        var lines: [String] = []
        if let read { lines += "\(read)".split(separator: "\n").map(String.init) }
        if isSimulated {
            let counts = steps.first?.before ?? description.counts
            lines.append(
                "a simulated world, not real data: \(counts.interactions.grouped) interactions, "
                    + "\(counts.users.grouped) users, \(counts.items.grouped) items")
        }
        lines += steps.map { "  \($0)" }
        lines.append("\(split)")
        return lines
    }
}

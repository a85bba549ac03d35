/// What is remembered beside what is learned; see ``CountedMemory``. Without `counts` nothing is.
public struct MemoryConfig: Codable, Sendable, Equatable {
    public enum Count: String, Codable, Sendable, CaseIterable {
        case transitions, company, popularity
    }

    /// What is counted.
    public var counts: [Count] = []
    /// How many later events an event is paired with, and what a pair one event further apart counts less.
    public var window = 20
    public var decay: Float = 0.9
    /// How much less what follows a frequent item counts.
    public var sourceDamping: Float = 0.5
    /// What an event one older counts less in a history that is asked about.
    public var recency: Float = 0.8
    public var companyRecency: Float = 0.98
    /// How much popularity is mixed into what was counted.
    public var backoff: Float = 0.1
    /// Into how many parts users are cut, each trained with what the others did.
    public var folds = 4

    public init() {}

    /// Everything that can be counted.
    public static var all: MemoryConfig {
        var config = MemoryConfig()
        config.counts = Count.allCases
        return config
    }

    var problem: String? {
        if Set(counts).count < counts.count { return "memory.counts names one twice" }
        if window < 1 { return "memory.window must be at least 1" }
        if folds < 2 { return "memory.folds must be at least 2: nobody is trained with their own counts" }
        if !(backoff > 0) || !backoff.isFinite { return "memory.backoff must be above 0" }
        guard 0...1 ~= decay, 0...1 ~= recency, 0...1 ~= companyRecency else {
            return "memory.decay, memory.recency and memory.company-recency must be from 0 to 1"
        }
        return sourceDamping >= 0 && sourceDamping.isFinite ? nil : "memory.source-damping must not be negative"
    }
}

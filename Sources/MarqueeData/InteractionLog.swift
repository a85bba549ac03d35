/// Who did what to which item, when: one row an interaction, kept in columns.
///
/// Rows keep the order of their source. Columns that a source lacks stay empty: `behaviors` (then
/// every row is of behavior 0), `values` (then every value is 1) and `timestamps`.
public struct InteractionLog: Sendable, Equatable {
    public var users: [Int32]
    public var items: [Int32]
    /// Index into ``behaviorNames``; empty when there is one behavior.
    public var behaviors: [UInt8]
    /// Rating, play count or dwell; empty when every interaction weighs 1.
    public var values: [Float]
    /// Milliseconds since 1970-01-01 UTC; empty when the source has no times.
    public var timestamps: [Int64]
    /// Interactions of one visit of a user share it; empty when the source has no sessions.
    public var sessions: [Int32] = []

    public var userVocabulary: Vocabulary
    public var itemVocabulary: Vocabulary
    public var behaviorNames: [String]
    /// The behavior to predict, an index into ``behaviorNames``; the others are auxiliary.
    public var target: UInt8

    public init(
        users: [Int32] = [], items: [Int32] = [], behaviors: [UInt8] = [], values: [Float] = [],
        timestamps: [Int64] = [], userVocabulary: Vocabulary = Vocabulary(),
        itemVocabulary: Vocabulary = Vocabulary(), behaviorNames: [String] = ["interaction"],
        target: UInt8 = 0
    ) {
        self.users = users
        self.items = items
        self.behaviors = behaviors
        self.values = values
        self.timestamps = timestamps
        self.userVocabulary = userVocabulary
        self.itemVocabulary = itemVocabulary
        self.behaviorNames = behaviorNames
        self.target = target
    }

    /// The number of interactions.
    public var count: Int { users.count }
    public var userCount: Int { userVocabulary.count }
    public var itemCount: Int { itemVocabulary.count }

    /// The rows at `indices`, in that order, under the same vocabularies.
    public func selecting(_ indices: [Int]) -> InteractionLog {
        var log = self
        log.users = indices.map { users[$0] }
        log.items = indices.map { items[$0] }
        log.behaviors = behaviors.isEmpty ? [] : indices.map { behaviors[$0] }
        log.values = values.isEmpty ? [] : indices.map { values[$0] }
        log.timestamps = timestamps.isEmpty ? [] : indices.map { timestamps[$0] }
        log.sessions = sessions.isEmpty ? [] : indices.map { sessions[$0] }
        return log
    }
}

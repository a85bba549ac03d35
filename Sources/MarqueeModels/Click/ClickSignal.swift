/// A number that is counted, not learned: an input of click models, and by itself a ``ClickCounter``. All are as of the
/// moment of the question.
public enum ClickSignal: String, Codable, Sendable, CaseIterable {
    /// log of the candidate's clicks over those of a mean item, one more of each.
    case popularity
    /// log(1 + its clicks in the last while), a thirtieth of the time that training spans, an hour to thirty days.
    case recent
    /// log of its clicks over how often it was shown, drawn to the mean as by ten showings; 0 where nobody knows what was
    /// shown.
    case clickRate = "click-rate"
    /// −log(1 + hours since it first appeared).
    case recency
    /// How much of its categories and attributes the history has: the inner product of its vector and the history's mean
    /// vector, rare attributes weighing more.
    case affinity
    /// log of Σ over the history's events a, `age` events old, of 0.8^age · C[a, i] / (count(a)^½ · count(i)^0.3), C as
    /// ``Transitions`` counts.
    case transitions
    /// log of Σ over the history's events a of (C[a, i] + C[i, a]) / √(count(a) · count(i)), over √events.
    case coOccurrence = "co-occurrence"
    /// log(1 + how often the history has it).
    case repeats
    /// log(1 + events of the history).
    case activity
}

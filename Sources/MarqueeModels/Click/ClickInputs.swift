/// What a click model reads of a question and its candidates: the `inputs` block of its configuration.
public struct ClickInputs: Codable, Sendable, Equatable {
    /// Width of every embedding.
    public var width = 16
    /// The newest events of a history that are read.
    public var length = 50
    public var fields = ClickField.allCases
    /// Counted numbers, as inputs beside what is learned; none to see what learning alone is worth.
    public var signals = ClickSignal.allCases
    /// What signals of training examples may know. `then`: what had happened before, as whoever is asked in order of time
    /// does. `others`: all that other people did, whenever: right where each person's last item is asked for, and the
    /// others' later ones are known.
    public var counted = Counted.then
    /// What is read of a history.
    public var behaviors = BehaviorWeights.target

    public enum Counted: String, Codable, Sendable, CaseIterable {
        case then, others
    }

    public init() {}

    public init(_ change: (inout ClickInputs) -> Void) { change(&self) }

    var problem: String? {
        if width < 1 { return "inputs.width must be at least 1" }
        if length < 1 { return "inputs.length must be at least 1" }
        if Set(fields).count < fields.count { return "inputs.fields has a field twice" }
        if Set(signals).count < signals.count { return "inputs.signals has a signal twice" }
        return behaviors.problem.map { "inputs.\($0)" }
    }
}

/// The configuration of a model of clicks.
public protocol ClickConfig: NetworkConfig {
    var inputs: ClickInputs { get set }
    var objective: ClickObjective { get set }
    /// λ of the penalty on items' rows that a step touches; see ``ClickSteps``.
    var regularization: Float { get set }
}

extension ClickConfig {
    /// What makes the values of every such configuration unusable; nil when nothing does.
    var clickProblem: String? {
        if !(regularization >= 0) { return "regularization must not be negative" }
        return inputs.problem ?? objective.problem ?? train.problem
    }
}

extension TrainingConfig {
    /// As click models begin: 1,024 candidates a step.
    static var clicks: TrainingConfig {
        TrainingConfig {
            $0.epochs = 10
            $0.batch = 1024
            $0.patience = 2
        }
    }
}

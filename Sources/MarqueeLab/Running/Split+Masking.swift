internal import MarqueeData

extension Split {
    /// What nobody is ranked against: what is learned from, and with validation data that too; of users who are held out,
    /// what is given of them. With several behaviors the target's interactions alone.
    var seen: InteractionMatrix {
        if let given { return InteractionMatrix(given.test.targets) }
        let learned = InteractionMatrix(train.targets)
        return validation.map {
            learned.joined(InteractionMatrix($0, rowCount: learned.rowCount, columnCount: learned.columnCount))
        } ?? learned
    }

    /// ``seen`` in a caption.
    var masking: String {
        let parts = given != nil ? "given histories" : validation == nil ? "train" : "train and validation"
        return auxiliary == nil ? parts : "\(train.targetName) interactions of \(parts)"
    }
}

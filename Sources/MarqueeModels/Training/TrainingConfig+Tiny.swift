extension TrainingConfig {
    /// Long and quick enough for a dozen users; see ``ModelConfig/tiny``.
    mutating func makeTiny(epochs: Int = 60) {
        self.epochs = epochs
        batch = 32
        rate = 0.01
    }
}

extension Dataset {
    /// This data with another behavior to predict. The holdout that came with the files is of the
    /// behavior that it was, so that it goes when another one is named.
    /// - Throws: ``UnknownBehavior``, which lists those that there are.
    public func targeting(_ behavior: String) throws -> Dataset {
        var result = self
        result.log = try log.targeting(behavior)
        if result.log.target != log.target { result.frozen = nil }
        return result
    }
}

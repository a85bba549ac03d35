/// What is stored of a feature for one entity: a ``MergeableStatistic`` of any kind.
public struct Statistic: Sendable, Equatable {
    public private(set) var value: any MergeableStatistic

    public init(_ value: some MergeableStatistic) { self.value = value }

    /// As a statistic of one kind; nil when it is of another.
    public func `as`<Kind: MergeableStatistic>(_ kind: Kind.Type) -> Kind? { value as? Kind }

    /// Takes an observation in. O(epochs, buckets or items kept).
    ///
    /// A statistic of another kind than the rule's is left as it is: it is not this feature's.
    public mutating func add(_ observation: Observation, by rule: StatisticRule) {
        guard type(of: value) == rule.statistic else { return }
        value.add(observation, by: rule)
    }

    /// Takes in the statistic of other observations of the same feature and entity.
    public mutating func merge(_ other: Statistic, by rule: StatisticRule) {
        guard type(of: value) == rule.statistic else { return }
        func merged<Kind: MergeableStatistic>(_ value: Kind) -> any MergeableStatistic {
            guard let other = other.as(Kind.self) else { return value }
            var value = value
            value.merge(other, by: rule)
            return value
        }
        value = merged(value)
    }

    public static func == (a: Self, b: Self) -> Bool {
        func isEqual<Kind: MergeableStatistic>(_ value: Kind) -> Bool { b.as(Kind.self) == value }
        return isEqual(a.value)
    }
}

extension Statistic {
    /// As bytes.
    public var encoded: [UInt8] {
        var writer = StatisticWriter()
        writer.append(self)
        return writer.bytes
    }

    /// From ``encoded``; nil when it is not that.
    public init?(encoded bytes: UnsafeRawBufferPointer) {
        var reader = StatisticReader(bytes)
        guard let statistic = try? reader.statistic(), reader.isAtEnd else { return nil }
        self = statistic
    }
}

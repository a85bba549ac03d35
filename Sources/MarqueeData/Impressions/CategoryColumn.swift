/// A column of few distinct texts, such as devices: an index into a vocabulary a row.
public struct CategoryColumn: Sendable, Equatable {
    /// By row, an index into ``vocabulary``, -1 where nothing is known; empty when the source lacks the column.
    public var codes: [Int32]
    public var vocabulary: Vocabulary

    public init(codes: [Int32] = [], vocabulary: Vocabulary = Vocabulary()) {
        self.codes = codes
        self.vocabulary = vocabulary
    }

    public var isEmpty: Bool { codes.isEmpty }

    /// The text of a row, empty where nothing is known. O(1).
    public subscript(row: Int) -> String {
        guard !codes.isEmpty, codes[row] >= 0 else { return "" }
        return vocabulary[codes[row]]
    }

    /// The rows at `indices`, in that order, under the same vocabulary.
    func selecting(_ indices: [Int]) -> CategoryColumn {
        CategoryColumn(codes: codes.isEmpty ? [] : indices.map { codes[$0] }, vocabulary: vocabulary)
    }
}

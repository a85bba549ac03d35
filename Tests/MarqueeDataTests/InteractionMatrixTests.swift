import MarqueeData
import Testing

@Suite struct InteractionMatrixTests {
    @Test(arguments: [1, 2, 3] as [UInt64], [true, false])
    func rowsAreSortedAndEqualPairsFallTogether(seed: UInt64, binary: Bool) {
        let log = thorny(items: 15, seed: seed).log
        let matrix = InteractionMatrix(log, binary: binary)
        var sums: [Pair: Float] = [:]
        for row in 0..<log.count {
            sums[Pair(user: log.users[row], item: log.items[row]), default: 0] += log.values[row]
        }
        #expect(matrix.rowCount == log.userCount && matrix.columnCount == log.itemCount)
        #expect(matrix.entryCount == sums.count)
        for user in 0..<Int32(log.userCount) {
            let expected = sums.filter { $0.key.user == user }.sorted { $0.key < $1.key }
            #expect(Array(matrix[user]) == expected.map(\.key.item))
            let values = matrix.values[matrix.offsets[Int(user)]..<matrix.offsets[Int(user) + 1]]
            #expect(Array(values) == (binary ? expected.map { _ in 1 } : expected.map(\.value)))
        }
        #expect(matrix.transposed().transposed() == matrix)
    }
}

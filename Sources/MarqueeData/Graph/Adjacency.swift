public import MarqueeRuntime

/// An undirected graph between users and items in compressed rows, every edge in both directions.
///
/// Nodes are the users, `0..<userCount`, then the items: item i is node `userCount + i`. Node v's
/// neighbors are `columns[offsets[v]..<offsets[v + 1]]`, ascending and distinct. Edges of users come
/// first and have the order of the users × items matrix; ``mirrored(_:)`` brings what is known of them
/// to the items' side. 4 bytes an edge and direction, 8 a node.
public struct Adjacency: Sendable, Equatable {
    public let userCount, itemCount: Int
    public let offsets: [Int]
    public let columns: [Int32]

    /// Both directions of a users × items matrix. O(users + items + entries).
    public init(_ matrix: InteractionMatrix) {
        self.init(
            userCount: matrix.rowCount, itemCount: matrix.columnCount, userOffsets: matrix.offsets,
            items: matrix.columns)
    }

    /// - Parameter items: of each user in turn, ascending and distinct.
    init(userCount: Int, itemCount: Int, userOffsets: [Int], items: [Int32]) {
        let count = items.count
        var offsets = userOffsets
        offsets.reserveCapacity(userCount + itemCount + 1)
        var degrees = [Int](repeating: 0, count: itemCount)
        for item in items { degrees[Int(item)] += 1 }
        var end = count
        for degree in degrees {
            end += degree
            offsets.append(end)
        }
        var columns = [Int32](repeating: 0, count: 2 * count)
        var cursor = Array(offsets[userCount..<userCount + itemCount])
        for user in 0..<userCount {
            for edge in offsets[user]..<offsets[user + 1] {
                let item = Int(items[edge])
                columns[edge] = Int32(userCount + item)
                columns[cursor[item]] = Int32(user)
                cursor[item] += 1
            }
        }
        self.userCount = userCount
        self.itemCount = itemCount
        self.offsets = offsets
        self.columns = columns
    }

    public var nodeCount: Int { userCount + itemCount }

    /// The number of (user, item) pairs; ``columns`` holds each twice.
    public var pairCount: Int { columns.count / 2 }

    /// A node's neighbors, ascending.
    @inlinable public subscript(node: Int32) -> ArraySlice<Int32> {
        columns[offsets[Int(node)]..<offsets[Int(node) + 1]]
    }

    @inlinable public func degree(_ node: Int32) -> Int { offsets[Int(node) + 1] - offsets[Int(node)] }

    /// The place in ``columns`` of the edge from a node to another; nil where there is none. O(log degree).
    public func edge(from node: Int32, to other: Int32) -> Int? {
        let place = columns[offsets[Int(node)]..<offsets[Int(node) + 1]].firstPlace(notBelow: other)
        return place < offsets[Int(node) + 1] && columns[place] == other ? place : nil
    }

    /// The edges but for those at some places of ``columns``: rows, their neighbors and, by edge, its place.
    /// O(nodes + edges).
    public func edges(without hidden: Set<Int>) -> (offsets: [Int], columns: [Int32], places: [Int]) {
        var (kept, left, places): ([Int], [Int32], [Int]) = ([0], [], [])
        kept.reserveCapacity(offsets.count)
        left.reserveCapacity(columns.count)
        places.reserveCapacity(columns.count)
        // Sorted, they are met in the order of the rows.
        var next = hidden.sorted()[...]
        for node in 0..<nodeCount {
            for edge in offsets[node]..<offsets[node + 1] {
                if edge == next.first {
                    next.removeFirst()
                } else {
                    left.append(columns[edge])
                    places.append(edge)
                }
            }
            kept.append(left.count)
        }
        return (kept, left, places)
    }
}

// MARK: Normalization

extension Adjacency {
    /// D^-½ A D^-½ by edge, with A the adjacency and D its degrees: 1 / √(deg u · deg v). O(nodes + edges).
    public func symmetricWeights() -> [Float] {
        let scales = (0..<nodeCount).map { node -> Float in
            let degree = offsets[node + 1] - offsets[node]
            return degree > 0 ? 1 / Float(degree).squareRoot() : 0
        }
        var weights = [Float](repeating: 0, count: columns.count)
        for node in 0..<nodeCount {
            for edge in offsets[node]..<offsets[node + 1] { weights[edge] = scales[node] * scales[Int(columns[edge])] }
        }
        return weights
    }

    /// D^-1 A by edge: 1 / deg of the row's node, so that rows add up to 1. O(nodes + edges).
    public func rowWeights() -> [Float] {
        var weights = [Float](repeating: 0, count: columns.count)
        for node in 0..<nodeCount {
            let weight = 1 / Float(offsets[node + 1] - offsets[node])
            for edge in offsets[node]..<offsets[node + 1] { weights[edge] = weight }
        }
        return weights
    }

    /// What is known of every pair, in the order of the users' edges, for all edges: theirs, then those of
    /// the items. O(users + items + pairs).
    /// - Precondition: `values` has ``pairCount`` elements.
    public func mirrored<Value>(_ values: [Value]) -> [Value] {
        precondition(values.count == pairCount, "one value a pair")
        guard !values.isEmpty else { return [] }
        var cursor = Array(offsets[userCount..<nodeCount])
        var result = values + values
        for edge in values.indices {
            let item = Int(columns[edge]) - userCount
            result[cursor[item]] = values[edge]
            cursor[item] += 1
        }
        return result
    }

    /// The pairs that are in at least one of `graphs`. O(nodes · graphs + pairs · log graphs) time, the
    /// result's memory.
    /// - Precondition: there is a graph, and all have the same users and items.
    public static func union(of graphs: [Adjacency]) -> Adjacency {
        let first = graphs[0]
        precondition(graphs.allSatisfy { $0.userCount == first.userCount && $0.itemCount == first.itemCount })
        guard graphs.count > 1 else { return first }
        var userOffsets = [0]
        userOffsets.reserveCapacity(first.userCount + 1)
        var items: [Int32] = []
        items.reserveCapacity(graphs.reduce(0) { max($0, $1.pairCount) })
        var (row, merged): ([Int32], [Int32]) = ([], [])
        for user in 0..<Int32(first.userCount) {
            row = Array(graphs[0][user])
            for graph in graphs.dropFirst() {
                merge(row, graph[user], into: &merged)
                swap(&row, &merged)
            }
            for node in row { items.append(node - Int32(first.userCount)) }
            userOffsets.append(items.count)
        }
        return Adjacency(userCount: first.userCount, itemCount: first.itemCount, userOffsets: userOffsets, items: items)
    }

    private static func merge(_ left: [Int32], _ right: ArraySlice<Int32>, into result: inout [Int32]) {
        result.removeAll(keepingCapacity: true)
        var (i, j) = (left.startIndex, right.startIndex)
        while i < left.endIndex || j < right.endIndex {
            let takesLeft = j == right.endIndex || i < left.endIndex && left[i] <= right[j]
            let next = takesLeft ? left[i] : right[j]
            if i < left.endIndex, left[i] == next { i += 1 }
            if j < right.endIndex, right[j] == next { j += 1 }
            result.append(next)
        }
    }
}

// MARK: Sampling

extension Adjacency {
    /// At most `count` of a node's edges, every set of them as likely, ascending: places in ``columns``.
    ///
    /// Floyd's algorithm (Bentley and Floyd, CACM 30(9), 1987) on the stream's numbers for this node, so
    /// that equal streams give equal samples in whatever order nodes are asked. O(count²) moves of
    /// neighboring numbers at worst, whatever the degree; all edges, when there are no more.
    public func sampledEdges(of node: Int32, atMost count: Int, stream: RandomStream) -> [Int] {
        var edges: [Int] = []
        sampleEdges(of: node, atMost: count, stream: stream, into: &edges)
        return edges
    }

    /// Appends a sample to others.
    func sampleEdges(of node: Int32, atMost count: Int, stream: RandomStream, into edges: inout [Int]) {
        precondition(count >= 0, "a sample has no negative size")
        let range = offsets[Int(node)]..<offsets[Int(node) + 1]
        guard range.count > count else { return edges.append(contentsOf: range) }
        let own = RandomStream(key: stream[UInt64(node)])
        let start = edges.count
        for last in range.count - count..<range.count {
            let drawn = range.lowerBound + own.integer(at: UInt64(last), below: last + 1)
            let place = edges[start...].firstPlace(notBelow: drawn)
            // Drawn already: the last, which is above all of them, stands in.
            if place < edges.count, edges[place] == drawn {
                edges.append(range.lowerBound + last)
            } else {
                edges.insert(drawn, at: place)
            }
        }
    }
}

extension ArraySlice where Element: Comparable {
    /// Where the first element lies that is not below `value`, in ascending elements.
    fileprivate func firstPlace(notBelow value: Element) -> Int {
        var (lower, upper) = (startIndex, endIndex)
        while lower < upper {
            let middle = (lower + upper) / 2
            if self[middle] < value { lower = middle + 1 } else { upper = middle }
        }
        return lower
    }
}

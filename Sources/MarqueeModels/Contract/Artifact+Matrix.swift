public import MarqueeData
internal import MarqueeTensor

extension Artifact {
    /// Stores floats of a shape.
    public mutating func store(_ floats: [Float], _ name: String, shape: [Int]) {
        tensors[name] = StoredTensor(floats, shape: shape)
    }

    /// The floats stored under `name`, which must have this shape and be finite.
    public func floats(_ name: String, shape: [Int]) throws -> [Float] {
        let floats = try floats(name)
        let found = tensors[name]?.shape ?? []
        guard found == shape else {
            throw ModelError.badArtifact(path: name, reason: "tensor has shape \(found), expected \(shape)")
        }
        guard floats.allSatisfy(\.isFinite) else {
            throw ModelError.badArtifact(path: name, reason: "tensor holds numbers that are not finite")
        }
        return floats
    }

    /// The shape of the tensor `name`, which must have `rank` extents.
    public func shape(_ name: String, rank: Int) throws -> [Int] {
        guard let tensor = tensors[name] else { throw ModelError.badArtifact(path: name, reason: "tensor is missing") }
        guard tensor.shape.count == rank else {
            throw ModelError.badArtifact(
                path: name, reason: "tensor has shape \(tensor.shape), expected \(rank) extents")
        }
        return tensor.shape
    }

    /// Stores a sparse matrix in compressed rows: `name.shape`, `name.offsets`, `name.columns` and,
    /// unless every value is 1, `name.values`.
    public mutating func store(_ matrix: InteractionMatrix, _ name: String) {
        tensors["\(name).shape"] = StoredTensor([Int64(matrix.rowCount), Int64(matrix.columnCount)])
        tensors["\(name).offsets"] = StoredTensor(matrix.offsets.map(Int64.init))
        tensors["\(name).columns"] = StoredTensor(matrix.columns)
        if !matrix.values.allSatisfy({ $0 == 1 }) {
            store(matrix.values, "\(name).values", shape: [matrix.entryCount])
        }
    }

    /// The sparse matrix stored under `name`, every index checked.
    public func matrix(_ name: String) throws -> InteractionMatrix {
        func bad(_ reason: String) -> ModelError { .badArtifact(path: name, reason: reason) }
        func longIntegers(_ name: String) throws -> [Int] {
            guard let tensor = tensors[name] else { throw bad("tensor '\(name)' is missing") }
            return try tensor.longIntegers().map { Int($0) }
        }
        let shape = try longIntegers("\(name).shape")
        let offsets = try longIntegers("\(name).offsets")
        let columns = try integers("\(name).columns")
        guard shape.count == 2, shape.allSatisfy({ 0...Int(Int32.max) ~= $0 }) else { throw bad("shape is impossible") }
        guard offsets.count == shape[0] + 1, offsets[0] == 0, offsets[shape[0]] == columns.count,
            zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 })
        else { throw bad("row offsets are damaged") }
        for row in 0..<shape[0] {
            var last: Int32 = -1
            for column in columns[offsets[row]..<offsets[row + 1]] {
                guard column > last, column < shape[1] else { throw bad("columns of row \(row) are damaged") }
                last = column
            }
        }
        let values =
            tensors["\(name).values"] == nil
            ? [Float](repeating: 1, count: columns.count)
            : try floats("\(name).values", shape: [columns.count])
        return InteractionMatrix(
            rowCount: shape[0], columnCount: shape[1], offsets: offsets, columns: columns, values: values)
    }
}

extension Artifact {
    /// Stores a number of things.
    public mutating func store(count: Int, _ name: String) { tensors["\(name).count"] = StoredTensor([Int64(count)]) }

    /// The number stored under `name`.
    public func count(_ name: String) throws -> Int {
        guard let tensor = tensors["\(name).count"], let count = try tensor.longIntegers().first,
            0...Int64(Int32.max) ~= count
        else { throw ModelError.badArtifact(path: name, reason: "count is missing or impossible") }
        return Int(count)
    }

    /// The behavior that is predicted, stored as the count `target`; files from before models kept behaviors are of one.
    func target() throws -> Int { tensors["target.count"] == nil ? 0 : try count("target") }
}

extension Artifact {
    /// Stores histories, a tensor a column that they have: `name.offsets`, `name.items`, `name.times` …
    public mutating func store(_ histories: UserHistories, _ name: String) {
        tensors["\(name).offsets"] = StoredTensor(histories.offsets.map(Int64.init))
        tensors["\(name).items"] = StoredTensor(histories.items)
        if !histories.behaviors.isEmpty {
            tensors["\(name).behaviors"] = StoredTensor(histories.behaviors.map(Int32.init))
        }
        if !histories.times.isEmpty { tensors["\(name).times"] = StoredTensor(histories.times) }
        if !histories.values.isEmpty {
            store(histories.values, "\(name).values", shape: [histories.values.count])
        }
        if !histories.sessions.isEmpty { tensors["\(name).sessions"] = StoredTensor(histories.sessions) }
    }

    /// The histories stored under `name`, every index checked.
    public func histories(_ name: String, itemCount: Int, behaviorCount: Int) throws -> UserHistories {
        func bad(_ reason: String) -> ModelError { .badArtifact(path: name, reason: reason) }
        guard let stored = tensors["\(name).offsets"] else { throw bad("tensor '\(name).offsets' is missing") }
        let offsets = try stored.longIntegers().map { Int($0) }
        let items = try integers("\(name).items")
        guard offsets.first == 0, offsets.last == items.count,
            zip(offsets, offsets.dropFirst()).allSatisfy({ $0 <= $1 })
        else { throw bad("offsets are damaged") }
        guard items.allSatisfy({ $0 >= 0 && Int($0) < itemCount }) else { throw bad("an item is out of range") }
        let behaviors =
            tensors["\(name).behaviors"] == nil
            ? [] : try integers("\(name).behaviors").map { UInt8(clamping: $0) }
        guard behaviors.allSatisfy({ Int($0) < behaviorCount }) else { throw bad("a behavior is out of range") }
        let times = try tensors["\(name).times"]?.longIntegers() ?? []
        let values =
            tensors["\(name).values"] == nil ? [] : try floats("\(name).values", shape: [items.count])
        let sessions = tensors["\(name).sessions"] == nil ? [] : try integers("\(name).sessions")
        guard [behaviors.count, times.count, sessions.count].allSatisfy({ $0 == 0 || $0 == items.count }) else {
            throw bad("columns differ in length")
        }
        for user in 0..<offsets.count - 1 where !times.isEmpty {
            let own = times[offsets[user]..<offsets[user + 1]]
            guard zip(own, own.dropFirst()).allSatisfy({ $0 <= $1 }) else { throw bad("times do not ascend") }
        }
        return UserHistories(
            offsets: offsets, items: items, behaviors: behaviors, times: times, values: values, sessions: sessions)
    }
}

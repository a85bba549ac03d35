public import MarqueeRuntime

extension MovieWorld {
    /// How many users are drawn as one piece of work.
    static let chunk = 256
    var chunkCount: Int { (userCount + Self.chunk - 1) / Self.chunk }

    /// The users of a chunk with their events, user by user.
    func events(ofChunk chunk: Int) -> [Event] {
        let users = chunk * Self.chunk..<min(userCount, (chunk + 1) * Self.chunk)
        var events: [Event] = []
        events.reserveCapacity(offsets[users.upperBound] - offsets[users.lowerBound])
        var scratch = Scratch(itemCount: itemCount)
        for user in users { appendHistory(of: user, to: &events, &scratch) }
        return events
    }

    /// The world's interactions by user and item, as MovieLens sorts them; ids are "1", "2", …
    ///
    /// 20 bytes an interaction. The result is the same whatever the pool.
    public func dataset(on pool: WorkerPool = .shared) -> Dataset {
        var log = InteractionLog(
            users: Array(repeating: 0, count: interactionCount), items: Array(repeating: 0, count: interactionCount),
            values: Array(repeating: 0, count: interactionCount),
            timestamps: Array(repeating: 0, count: interactionCount),
            userVocabulary: Vocabulary(integers: (1...userCount).lazy.map(Int64.init)),
            itemVocabulary: Vocabulary(integers: (1...itemCount).lazy.map(Int64.init)), behaviorNames: ["rating"])
        log.users.withUnsafeMutableBufferPointer { users in
            log.items.withUnsafeMutableBufferPointer { items in
                log.values.withUnsafeMutableBufferPointer { values in
                    log.timestamps.withUnsafeMutableBufferPointer { times in
                        let columns = Columns(users: users, items: items, values: values, times: times)
                        _ = pool.map(chunkCount) { chunk in
                            var row = offsets[chunk * Self.chunk]
                            var user = chunk * Self.chunk
                            for event in events(ofChunk: chunk) {
                                while offsets[user + 1] <= row { user += 1 }
                                columns.users[row] = Int32(user)
                                columns.items[row] = event.item
                                columns.values[row] = Float(event.halfStars) / 2
                                columns.times[row] = event.time * 1000
                                row += 1
                            }
                        }
                    }
                }
            }
        }
        return Dataset(name: "simulated movie world", log: log, catalog: catalog)
    }

    // Unchecked: each chunk writes the rows of its own users, which no other chunk touches.
    private struct Columns: @unchecked Sendable {
        let users: UnsafeMutableBufferPointer<Int32>
        let items: UnsafeMutableBufferPointer<Int32>
        let values: UnsafeMutableBufferPointer<Float>
        let times: UnsafeMutableBufferPointer<Int64>
    }
}

internal import Foundation
internal import MarqueeData
internal import MarqueeModels
internal import Synchronization

extension LiveLoop {
    /// Erases a person: their events, what is remembered of them, their features, decisions and catalog rows, and with
    /// them the sessions that became theirs. To be called while ``follow()`` runs. Again it does no harm.
    ///
    /// Events keep their places and the hashes of their ids, so that what is sent again is a duplicate and brings nobody
    /// back. Sums over many people (trends, features of items, what policies learned) stay: nobody is in them by name.
    /// - Returns: what there was, and that it is gone.
    /// - Throws: ``EventLogError``, ``StateFileError``, ``FeatureStoreError``, ``LiveLoopError`` where nobody follows; call it
    ///   again then.
    /// - Complexity: O(events + decisions), beside everything else; a file is written anew where its freed pages still
    ///   have the id.
    public func erase(user id: String) async throws -> Erasure {
        // One after the other: each writes snapshots, and files anew.
        let task = erasing.withLock { last in
            let task = Task { [last] in
                _ = await last?.result
                return try await eraseAlone(user: id)
            }
            last = task
            return task
        }
        return try await task.value
    }

    private func eraseAlone(user id: String) async throws -> Erasure {
        let last = events.lastSequence
        guard following.withLock({ $0.count > 0 }) else {
            throw LiveLoopError.catchingUp(applied: mark.value, of: last)
        }
        try await applied(last)
        // Should this be killed, the next start reads the log and not what was remembered before.
        await removeSnapshots()

        let trail = try await events.reader.trail(ofUser: id, through: last)
        let people = Set([Who.user(id)] + trail.sessions.map { .session($0) })
        try await events.erase(trail.places)
        let remembered = forget(people, user: id)
        let decided = try await decisions.erase(people)
        let rows = try await catalog.erase(user: id)
        var kept = try await features?.erase(user: id, sessions: trail.sessions)
        if let features, let before = kept?.before {
            // Once more behind what was being taken in.
            try await features.settle(through: last)
            kept = try await features.erase(user: id, sessions: trail.sessions)
            kept?.before += before
        }
        await removeSnapshots()
        try await snapshot()

        let traces = try await traces(of: id)
        let left = try await events.reader.trail(ofUser: id, sessions: trail.sessions, through: last)
        let decidedAfter = try await decisions.trail(of: people)
        var stores = [
            Erasure.Store(name: "events", before: trail.places.count, after: left.places.count),
            Erasure.Store(
                name: "memory", before: remembered, after: people.count { audience[$0] != UserState() }),
            Erasure.Store(name: "decisions", before: decided.decisions, after: decidedAfter.decisions),
            Erasure.Store(name: "outcomes", before: decided.outcomes, after: decidedAfter.outcomes),
            Erasure.Store(name: "experiment tallies", before: decided.tallies, after: decidedAfter.tallies),
            Erasure.Store(name: "catalog", before: rows, after: try await catalog.rows(ofUser: id)),
        ]
        if let kept { stores.append(.init(name: "features (\(kept.place))", before: kept.before, after: kept.after)) }
        return Erasure(
            user: id, sessions: trail.sessions.count, stores: stores, traces: traces, notes: notes(on: id))
    }

    /// In the queue that writes them, so that none is half written.
    private func removeSnapshots() async {
        await withCheckedContinuation { done in
            snapshotQueue.async { [self] in
                let files = FileManager.default
                for name in (try? files.contentsOfDirectory(atPath: folder.path)) ?? []
                where [memoryFile, featureFile].contains(where: { name.contains($0.lastPathComponent) }) {
                    try? files.removeItem(at: folder.appendingPathComponent(name))
                }
                done.resume()
            }
        }
    }

    /// - Returns: how many people, decisions in memory and events that wait for their item.
    private func forget(_ people: Set<Who>, user: String) -> Int {
        applied.withLock { state in
            var count = people.count { audience.forget($0) }
            count += state.early.forget { event in event.who.map { people.contains($0) } == true }
            return count + learner.forget(people)
        }
    }

    /// Looks through the folder's files, and writes those anew whose freed pages still have the id.
    private func traces(of id: String) async throws -> [Erasure.Trace] {
        var name = Array(#""user":"#.utf8)
        JSONText.append(id, to: &name)
        var patterns = [name]
        if id.utf8.count >= Self.shortestTold { patterns.append(Array(id.utf8)) }
        var found = try FileSearch.occurrences(of: patterns, in: folder)
        if !found.isEmpty {
            if found.keys.contains(where: { $0.hasPrefix("events.sqlite") }) {
                try await events.erase([], writingAnew: true)
            }
            if found.keys.contains(where: { $0.hasPrefix("decisions.") }) { try await decisions.rewrite() }
            if found.keys.contains(where: { $0.hasPrefix("catalog.sqlite") }) { try await catalog.rewrite() }
            found = try FileSearch.occurrences(of: patterns, in: folder)
        }
        return found.sorted { $0.key < $1.key }.map { .init(file: $0.key, count: $0.value) }
    }

    /// Of fewer bytes an id is met by chance.
    private static var shortestTold: Int { 8 }

    private func notes(on id: String) -> [String] {
        var notes: [String] = []
        if model?.saved.users.index(of: id) != nil {
            notes.append("the model at work was trained on what this user did before: train it again")
        }
        if id.utf8.count < Self.shortestTold {
            notes.append(
                "the id is too short to be told from other bytes: files were searched for events alone")
        }
        if features != nil, features?.statisticCount == nil {
            notes.append("files of Redis are its own: BGREWRITEAOF writes them anew")
        }
        notes.append("copies made before, by 'marquee backup' or otherwise, still have this user")
        return notes
    }
}

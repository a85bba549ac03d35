internal import Dispatch
internal import Foundation
internal import MarqueeRuntime
internal import Synchronization

/// What is computed from the log lies in files beside it too, `memory.snapshot` and `features.snapshot`, each with the
/// place up to which it holds: a start reads what came after it, and not a million events.
///
/// Snapshots are written while the loop runs, at a clean stop, and before retention drops events. They are whole or
/// absent; one that does not fit the log or is damaged is renamed to `….unused` and told of, and the log read instead.
extension LiveLoop {
    var memoryFile: URL { folder.appendingPathComponent("memory.snapshot") }
    var featureFile: URL { folder.appendingPathComponent("features.snapshot") }

    private var memorySettings: [String] {
        configuration.consuming.map(\.rawValue).sorted() + ["liked from \(configuration.decisions.likedRating)"]
    }

    /// Takes up what snapshots remember. Once, before anything is applied.
    func restore() async throws {
        guard !applied.withLock({ $0.isRestored }) else { return }
        defer { applied.withLock { $0.isRestored = true } }
        let dropped = try await events.reader.dropped()
        await use(memoryFile) { url in
            let place = try LoopMemory.place(url)
            let found = try await self.events.reader.place(place.witness.sequence)
            guard place.witness == found, place.through <= self.events.lastSequence else {
                throw LoopMemory.Unfit.otherLog
            }
            guard place.through >= dropped else { throw LoopMemory.Unfit.behindRetention }
            try self.applied.withLock { state in
                let restored = try LoopMemory.restore(
                    url, catalog: self.catalog.snapshot, settings: self.memorySettings,
                    audience: self.audience, trends: self.trends)
                (state.through, state.witness, state.early) = (restored.through, restored.witness, restored.early)
            }
        }
        guard let features else { return }
        await use(featureFile) { try features.restore(snapshot: $0, dropped: dropped) }
    }

    /// Reads a file if it is there; one that cannot be used is left aside.
    private func use(_ file: URL, _ read: (URL) async throws -> Void) async {
        guard FileManager.default.fileExists(atPath: file.path) else { return }
        do { try await read(file) } catch {
            let aside = file.appendingPathExtension("unused")
            try? FileManager.default.removeItem(at: aside)
            try? FileManager.default.moveItem(at: file, to: aside)
            let reason =
                error is ChecksummedFile.Unreadable || error is StatisticReader.Damaged ? "damaged" : "\(error)"
            configuration.report(
                "\(file.path) is not used (\(reason)) and now called \(aside.lastPathComponent); the event log is read instead"
            )
        }
    }

    /// Writes snapshots of this moment; nothing before the last ones were taken up by ``follow()``.
    /// - Returns: the last event that is in them; 0 where nothing was written.
    /// - Throws: `FileError`, ``StateFileError``.
    @discardableResult
    public func snapshot() async throws -> Int64 {
        guard applied.withLock({ $0.isRestored }) else { return 0 }
        // First what is learned, in its own log: a snapshot is never ahead of it for long.
        try await decisions.flush()
        for arm in configuration.arms {
            try await decisions.keep(freshPolicies[arm.name] ?? arm.current, arm: arm.name)
        }
        return try await withCheckedThrowingContinuation { done in
            // In a queue of their own, one after the other: to write people takes longer than a task may hold a thread.
            snapshotQueue.async { done.resume(with: Result { try self.writeSnapshots() }) }
        }
    }

    private func writeSnapshots() throws -> Int64 {
        let start = ContinuousClock.now
        let memory = applied.withLock { state in
            let catalog = catalog.snapshot
            var rest = StatisticWriter()
            state.early.write(to: &rest)
            trends.write(to: &rest)
            return LoopMemory(
                through: state.through, witness: state.witness, items: catalog.count, names: catalog.names,
                settings: memorySettings, people: audience.people(), rest: rest.bytes)
        }
        try memory.write(memoryFile)
        try features?.write(snapshot: featureFile)
        let now = ContinuousClock.now
        snapshots.withLock { $0 = Snapshots(through: memory.through, ended: now, took: now - start) }
        return memory.through
    }

    /// When snapshots were last written.
    struct Snapshots {
        var through: Int64 = 0
        var ended = ContinuousClock.now
        var took = Duration.zero

        /// After a minute or a hundred thousand events, whichever is first, but for a twentieth of the time at most.
        func isDue(applied: Int64, now: ContinuousClock.Instant) -> Bool {
            applied > through && now - ended >= took * 20
                && (applied - through >= 100_000 || now - ended >= .seconds(60))
        }
    }

    /// Writes snapshots whenever they are due, until cancelled. A disk that is full is told of, and tried again later.
    func keepSnapshots() async {
        do {
            try await caughtUp()
            while true {
                try await Task.sleep(for: .seconds(1))
                let isDue = snapshots.withLock { $0.isDue(applied: mark.value, now: .now) }
                guard isDue else { continue }
                do { try await snapshot() } catch {
                    configuration.report("no snapshot could be written: \(error)")
                    snapshots.withLock { $0.ended = .now }
                }
            }
        } catch {}
    }
}

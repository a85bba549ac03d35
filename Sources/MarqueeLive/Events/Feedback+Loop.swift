internal import Foundation

extension LiveLoop {
    /// Reads what people did as it stands.
    public var feedback: FeedbackReader { FeedbackReader(events) }

    /// What became of feedback that was sent.
    public enum FeedbackChange: Sendable, Equatable {
        /// It is new.
        case added
        /// It was there with another value, comment or time.
        case changed
        /// It was there already.
        case unchanged
    }

    /// Adds feedback, or changes what is there; on return it is on disk. Of some with the same key the last one stands.
    /// - Throws: ``EventLogError``. Then none was taken; it is safe to send it again.
    public func put(_ feedback: [Feedback]) async throws -> [FeedbackChange] {
        let now = configuration.clock()
        let keys = feedback.map(\.key)
        var known = Dictionary(
            zip(keys, try await self.feedback.latest(of: keys).map { (sequence: $0, step: 0, standing: $1) }),
            uniquingKeysWith: { first, _ in first })
        var changes: [FeedbackChange] = []
        var sent: [(event: Event, feedback: Feedback)] = []
        for one in feedback {
            guard let latest = known[one.key] else { continue }
            if let standing = latest.standing, one.says(standing) {
                changes.append(.unchanged)
                continue
            }
            changes.append(latest.standing == nil ? .added : .changed)
            let event = one.event(id: one.id(after: latest.sequence, step: latest.step), now: now)
            sent.append((event, one))
            known[one.key] = (latest.sequence, latest.step + 1, Feedback(event))
        }
        let acknowledgments = try await append(sent.map(\.event))
        // An id that is taken is this feedback's, sent at the same moment, or somebody chose it for another event.
        let taken = zip(sent, acknowledgments).filter { $1.isDuplicate }.map(\.0.feedback)
        if !taken.isEmpty {
            let standing = try await self.feedback.latest(of: taken.map(\.key)).map(\.standing)
            let lost = zip(taken, standing).filter { one, standing in standing.map { !one.says($0) } ?? true }
            if !lost.isEmpty {
                _ = try await append(lost.map { $0.0.event(id: Feedback.anyID(), now: now) })
            }
        }
        return changes
    }

    /// Takes back what a person did: all of it, or what was about an item, or of a name. On return it is on disk, and no
    /// decision knows of it any more. The log keeps the events and says that they were taken back; features fade.
    /// - Returns: how much.
    @discardableResult
    public func retractFeedback(of user: String, item: String? = nil, type: String? = nil) async throws -> Int {
        let now = configuration.clock()
        let standing = try await feedback.entries(of: user, item: item)
        let (retracted, left) = (
            standing.filter { entry in type.map { $0.hasSameBytes(as: entry.feedback.key.type) } ?? true },
            type.map { type in standing.filter { !type.hasSameBytes(as: $0.feedback.key.type) } } ?? []
        )
        let retractions = retracted.map { entry in
            let key = entry.feedback.key
            let types = Set(left.filter { $0.feedback.key.item.hasSameBytes(as: key.item) }.map(\.feedback.event))
            return Event(
                id: "retract/\(UUID())", user: user, item: key.item, type: .retract,
                context: ["of": key.type, "left": types.map(\.rawValue).sorted().joined(separator: " ")], time: now)
        }
        let last = try await append(retractions).map(\.sequence).max()
        if let last { try await applied(last) }
        return retracted.count
    }
}

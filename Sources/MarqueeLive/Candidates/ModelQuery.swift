internal import MarqueeData
internal import MarqueeEvaluation

/// What a deployed model is asked for somebody.
struct ModelQuery: Sendable {
    /// In the model's items and behaviors.
    let query: Query
    /// Whether they did something that the model was not fitted to.
    let isNew: Bool
    /// Tells what was done apart, for memories of answers.
    let key: Key

    /// The user of the training, everything that they did since, and where they ask: of the query all but its time. Two
    /// newcomers who did the same at the same time are answered alike.
    struct Key: Hashable, Sendable {
        let user: Int32?
        let since: [History.Event]
        let request: RequestContext

        static func == (a: Key, b: Key) -> Bool {
            a.user == b.user && a.since == b.since && a.request.device == b.request.device
                && a.request.region == b.request.region && a.request.page == b.request.page
        }

        func hash(into hasher: inout Hasher) {
            hasher.combine(user)
            hasher.combine(since.count)
            // Times differ from person to person.
            hasher.combine(since.last?.time)
            hasher.combine(since.last?.item)
            hasher.combine(since.first?.item)
        }
    }

    /// - Parameter since: the part of the history that came after the training.
    init(_ query: Query, since: [History.Event]) {
        self.query = query
        isNew = !since.isEmpty
        key = Key(user: query.user, since: since, request: query.context)
    }
}

public import MarqueeRuntime

extension MediaWorld {
    /// Lets ``MediaLogging`` answer everybody, and keeps what it showed. O(items shown), the same whatever the pool.
    /// - Throws: ``Interrupted``.
    public func simulate(
        on pool: WorkerPool = .shared, progress: any ProgressObserver = SilentProgress()
    ) throws -> MediaLog {
        var (visits, logging, recorder) = (visits(on: pool), MediaLogging(self, pool: pool), Recorder(self))
        while let requests = visits.next() {
            try Interruption.check()
            let slates = logging.slates(for: requests)
            let truths = requests.map { recorder.keeps($0) ? visits.moment($0) : nil }
            let reactions = visits.answer(slates.map(\.items))
            for (place, request) in requests.enumerated() {
                recorder.add(request, slates[place], reactions[place], truth: truths[place])
                for (item, reaction) in zip(slates[place].items, reactions[place]) where reaction.isClicked {
                    logging.add(clicked: item)
                }
            }
            if let time = requests.first?.time {
                progress.advance(
                    "simulate", completed: min(config.days, day(of: time) + 1), total: config.days, unit: "days",
                    figures: [])
            }
        }
        return recorder.finished()
    }
}

/// Gathers what was shown hour by hour, and puts it into order of time.
private struct Recorder {
    private let world: MediaWorld
    private var log = ImpressionLog()
    private var gaze: [Int32] = []
    private var completion: [Float] = []
    private var moments: [(impression: Int, truth: MediaWorld.Moment)] = []
    private let stream: RandomStream
    /// The chance of a request of the days that are judged to be kept.
    private let share: (validation: Double, test: Double)

    init(_ world: MediaWorld) {
        self.world = world
        stream = RandomStream(seed: world.config.seed, "media moments")
        let config = world.config
        let aDay = config.expectedShown / Double(config.slate) / Double(config.days)
        func share(_ days: Int) -> Double { min(1, Double(config.moments) / max(1, aDay * Double(days))) }
        self.share = (share(config.validationDays), share(config.testDays))
        log.userVocabulary = Vocabulary((1...world.people.count).lazy.map { "p\($0)" })
        log.itemVocabulary = Vocabulary(world.items.indices.lazy.map { world.id(of: Int32($0)) })
        log.devices.vocabulary = Vocabulary(MediaWorld.devices)
        log.regions.vocabulary = Vocabulary(MediaWorld.regions)
        log.pages.vocabulary = Vocabulary(MediaWorld.Layout.allCases.map(\.name))
    }

    func keeps(_ request: MediaWorld.Request) -> Bool {
        guard request.time >= world.validationStart else { return false }
        return stream.unit(at: UInt64(request.key)) < (request.time < world.testStart ? share.validation : share.test)
    }

    mutating func add(
        _ request: MediaWorld.Request, _ slate: (items: [Int32], propensities: [Float]),
        _ reactions: [MediaVisits.Reaction], truth: MediaWorld.Moment?
    ) {
        if let truth { moments.append((log.count, truth)) }
        log.users.append(Int32(request.person))
        log.timestamps.append(request.time)
        log.sessions.append(request.session)
        log.devices.codes.append(Int32(request.device))
        log.regions.codes.append(Int32(request.region))
        log.pages.codes.append(Int32(request.layout.rawValue))
        log.items += slate.items
        log.propensities += slate.propensities
        for reaction in reactions {
            log.clicked.append(reaction.isClicked)
            log.dwell.append(reaction.dwell)
            gaze.append(reaction.gaze)
            completion.append(reaction.completion)
        }
        log.offsets.append(log.items.count)
    }

    func finished() -> MediaLog {
        let order = RadixOrder.ascending(log.timestamps).map { Int($0) }
        var place = [Int](repeating: 0, count: order.count)
        for (new, old) in order.enumerated() { place[old] = new }
        func sorted<Value>(_ values: [Value]) -> [Value] {
            var result: [Value] = []
            result.reserveCapacity(values.count)
            for old in order { result += values[log.candidates(of: old)] }
            return result
        }
        var impressions = log.selecting(order)
        impressions.histories = UserHistories(impressions.clicks())
        let judged = moments.map { MediaLog.JudgedMoment(impression: place[$0.impression], truth: $0.truth) }
            .sorted { $0.impression < $1.impression }
        return MediaLog(
            world: world, impressions: impressions, gaze: sorted(gaze), completion: sorted(completion),
            validation: judged.filter { $0.truth.request.time < world.testStart },
            test: judged.filter { $0.truth.request.time >= world.testStart })
    }
}

internal import MarqueeEvaluation
internal import MarqueeRuntime

/// A decision as one run of bytes in the log: a version, then the fields in order; texts and lists begin
/// with their length, numbers are little-endian. Version 1 ends before the assignments, version 2 before the request's
/// context and the ranking, version 3 before the filter and the candidates.
extension Decision {
    private static let format: UInt64 = 4
    /// So many bytes at most say for whom it was: format, id, time and which kind of name, then the name behind its length.
    static let headLimit = 4 * 8 + 4 + Event.longestName

    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 256 + choices.count * 24 + choices.features.count * 8)
        writer.write(Self.format)
        writer.write(UInt64(bitPattern: id))
        writer.write(UInt64(bitPattern: time))
        switch query.who {
        case .user(let id):
            writer.write(0 as UInt64)
            writer.write(id)
        case .session(let id):
            writer.write(1 as UInt64)
            writer.write(id)
        }
        writer.write(UInt64(query.count))
        writer.write(query.domain ?? "")
        writer.write(query.category ?? "")
        writer.write(query.touched)
        writer.write(arm)
        writer.write(link.rawValue)
        writer.write(notes)
        writer.write(choices.items)
        writer.write(choices.scores)
        writer.write(choices.features)
        writer.write(UInt64(choices.width))
        writer.write(UInt64(slate.slots.count))
        for slot in slate.slots {
            writer.write(UInt64(slot.candidate))
            writer.write(slot.propensity.bitPattern)
        }
        writer.write(digest)
        writer.write(model)
        writer.write(policy)
        writer.write(UInt64(policyVersion))
        writer.write(seed)
        writer.write(stages)
        writer.write(assignments.flatMap { [$0.layer, $0.experiment, $0.arm] })
        let context = query.context
        writer.write(context.time.map { [UInt64(bitPattern: $0)] } ?? [])
        for text in [context.device, context.region, context.page] { writer.write(text) }
        writer.write(ranking)
        writer.write(query.filter)
        writer.write(query.candidates == nil ? 0 : 1)
        writer.write(query.candidates ?? [])
        writer.write(UInt64(query.reasonCount))
        return writer.bytes
    }

    /// Whom a decision was for, by the first of its bytes.
    static func who(_ bytes: [UInt8]) throws(DecisionLogError) -> Who {
        var reader = ByteReader(bytes)
        guard (1...format).contains(try reader.word()) else { throw .damaged }
        for _ in 0..<2 { _ = try reader.word() }
        let isUser = try reader.word() == 0
        let id = try reader.text()
        return isUser ? .user(id) : .session(id)
    }

    /// - Throws: ``DecisionLogError/damaged`` for bytes that are no decision.
    init(bytes: [UInt8]) throws(DecisionLogError) {
        var reader = ByteReader(bytes)
        let format = try reader.word()
        guard (1...Self.format).contains(format) else { throw .damaged }
        id = Int64(bitPattern: try reader.word())
        time = Int64(bitPattern: try reader.word())
        let isUser = try reader.word() == 0
        let who = try reader.text()
        let count = try reader.count()
        let domain = try reader.text(), category = try reader.text()
        var query = DecisionQuery(
            who: isUser ? .user(who) : .session(who), count: count, domain: domain.isEmpty ? nil : domain,
            category: category.isEmpty ? nil : category, touched: try reader.texts())
        arm = try reader.text()
        guard let link = DecisionLink(rawValue: try reader.text()) else { throw .damaged }
        self.link = link
        notes = try reader.texts()
        let items = try reader.texts(), scores = try reader.numbers(), features = try reader.numbers()
        let width = try reader.count()
        guard scores.count == items.count, features.count == items.count * width else { throw .damaged }
        choices = ChoiceSet(items: items, scores: scores, features: features, width: width)
        var slots: [Slate.Slot] = []
        for _ in 0..<(try reader.count()) {
            let candidate = try reader.count()
            guard candidate < items.count else { throw .damaged }
            slots.append(.init(candidate: candidate, propensity: Double(bitPattern: try reader.word())))
        }
        slate = Slate(slots: slots)
        digest = try reader.word()
        model = try reader.text()
        policy = try reader.text()
        policyVersion = try reader.count()
        seed = try reader.word()
        stages = try reader.numbers()
        let names = format == 1 ? [] : try reader.texts()
        guard names.count % 3 == 0 else { throw .damaged }
        assignments = stride(from: 0, to: names.count, by: 3).map {
            ExperimentLayers.Assignment(layer: names[$0], experiment: names[$0 + 1], arm: names[$0 + 2])
        }
        guard format > 2 else {
            self.query = query
            ranking = RankingRecord()
            return
        }
        query.context = RequestContext(
            time: try reader.words().first.map { Int64(bitPattern: $0) }, device: try reader.text(),
            region: try reader.text(), page: try reader.text())
        ranking = try reader.ranking(choices: items.count)
        if format > 3 {
            query.filter = try reader.filter()
            let isGiven = try reader.word() == 1
            let candidates = try reader.texts()
            query.candidates = isGiven ? candidates : nil
            query.reasonCount = try reader.count()
        }
        self.query = query
    }
}

extension RankingRecord {
    var bytes: [UInt8] {
        var writer = ByteWriter(capacity: 64)
        writer.write(self)
        return writer.bytes
    }
}

private struct ByteWriter {
    private(set) var bytes: [UInt8] = []

    init(capacity: Int) { bytes.reserveCapacity(capacity) }

    mutating func write(_ word: UInt64) {
        withUnsafeBytes(of: word.littleEndian) { bytes.append(contentsOf: $0) }
    }
    mutating func write(_ text: String) {
        var text = text
        text.withUTF8 { utf8 in
            withUnsafeBytes(of: UInt32(utf8.count).littleEndian) { bytes.append(contentsOf: $0) }
            bytes.append(contentsOf: utf8)
        }
    }
    mutating func write(_ texts: [String]) {
        write(UInt64(texts.count))
        // Byte by byte: the texts of a decision are a hundred ids of a few bytes each.
        bytes.append(addingCapacity: texts.reduce(0) { $0 + 4 + $1.utf8.count }) { span in
            for text in texts {
                let utf8 = text.utf8.span
                for shift in stride(from: 0, to: 32, by: 8) {
                    span.append(UInt8(truncatingIfNeeded: utf8.count >> shift))
                }
                for index in utf8.indices { span.append(utf8[index]) }
            }
        }
    }
    mutating func write(_ numbers: [Double]) {
        write(UInt64(numbers.count))
        // At once, as words are little-endian wherever Swift runs.
        numbers.withUnsafeBytes { bytes.append(contentsOf: $0) }
    }
    mutating func write(_ words: [UInt64]) {
        write(UInt64(words.count))
        for word in words { write(word) }
    }
    /// The features' names, then row by row each value with what kind of value it is.
    mutating func write(_ ranking: RankingRecord) {
        write(ranking.ranker)
        let table = ranking.features
        write(table.features)
        for row in 0..<table.count {
            for column in table.features.indices { write(table[row, column]) }
        }
        write(ranking.scores.map { UInt64($0.bitPattern) })
    }
    /// Whether there is one, 2 for one with labels; then its names, the bounds as lists of none or one number each, and
    /// the labels as JSON.
    mutating func write(_ filter: ItemFilter?) {
        let hasLabels = filter.map { $0.labels != ItemFilter.defaults.labels } ?? false
        write(filter == nil ? 0 : hasLabels ? 2 : 1)
        guard let filter else { return }
        for names in [filter.domains, filter.categories, filter.without] { write(names) }
        for bound in [filter.years.from, filter.years.to, filter.times.from, filter.times.to] {
            write(bound.map { [UInt64(bitPattern: $0)] } ?? [])
        }
        if hasLabels { write(filter.labels.json) }
    }
    private mutating func write(_ value: FeatureValue) {
        switch value {
        case .unknown: write(0 as UInt64)
        case .number(let number):
            write(1 as UInt64)
            write(number.bitPattern)
        case .items(let items):
            write(2 as UInt64)
            write(items.map(\.item))
            for item in items { write(UInt64(bitPattern: item.time)) }
        case .grid(let numbers):
            write(3 as UInt64)
            write(numbers)
        }
    }
}

private struct ByteReader {
    private let bytes: [UInt8]
    private var offset = 0

    init(_ bytes: [UInt8]) { self.bytes = bytes }

    mutating func word() throws(DecisionLogError) -> UInt64 {
        guard bytes.count - offset >= 8 else { throw .damaged }
        defer { offset += 8 }
        return bytes.withUnsafeBytes { UInt64(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt64.self)) }
    }
    /// A count of things of which each takes a byte at least, or some other small number.
    mutating func count() throws(DecisionLogError) -> Int {
        let value = try word()
        guard value <= 1 << 48 else { throw .damaged }
        return Int(value)
    }
    mutating func text() throws(DecisionLogError) -> String {
        guard bytes.count - offset >= 4 else { throw .damaged }
        let count = Int(
            bytes.withUnsafeBytes { UInt32(littleEndian: $0.loadUnaligned(fromByteOffset: offset, as: UInt32.self)) })
        offset += 4
        guard bytes.count - offset >= count else { throw .damaged }
        defer { offset += count }
        return String(decoding: bytes[offset..<offset + count], as: UTF8.self)
    }
    mutating func texts() throws(DecisionLogError) -> [String] {
        let count = try count()
        guard bytes.count - offset >= count * 4 else { throw .damaged }
        var texts: [String] = []
        texts.reserveCapacity(count)
        for _ in 0..<count { texts.append(try text()) }
        return texts
    }
    mutating func numbers() throws(DecisionLogError) -> [Double] {
        let count = try count()
        guard (bytes.count - offset) / 8 >= count else { throw .damaged }
        var numbers: [Double] = []
        numbers.reserveCapacity(count)
        for _ in 0..<count { numbers.append(Double(bitPattern: try word())) }
        return numbers
    }
    mutating func words() throws(DecisionLogError) -> [UInt64] {
        let count = try count()
        guard (bytes.count - offset) / 8 >= count else { throw .damaged }
        var words: [UInt64] = []
        words.reserveCapacity(count)
        for _ in 0..<count { words.append(try word()) }
        return words
    }
    mutating func filter() throws(DecisionLogError) -> ItemFilter? {
        let kind = try word()
        guard kind == 1 || kind == 2 else { return nil }
        var filter = ItemFilter(domains: try texts(), categories: try texts(), without: try texts())
        filter.years = .init(from: try bound(), to: try bound())
        filter.times = .init(from: try bound(), to: try bound())
        if kind == 2 {
            guard let labels = ConfigValue(json: try text()) else { throw .damaged }
            filter.labels = labels
        }
        return filter
    }
    private mutating func bound() throws(DecisionLogError) -> Int64? {
        try words().first.map { Int64(bitPattern: $0) }
    }
    /// - Parameter choices: how many rows there are, where there are features.
    mutating func ranking(choices: Int) throws(DecisionLogError) -> RankingRecord {
        let ranker = try text()
        let features = try texts()
        var values: [FeatureValue] = []
        if !features.isEmpty {
            for _ in 0..<choices * features.count { values.append(try featureValue()) }
        }
        let scores = try words().map { Float(bitPattern: UInt32(truncatingIfNeeded: $0)) }
        return RankingRecord(
            ranker: ranker, features: FeatureTable(features: features, values: values), scores: scores)
    }
    private mutating func featureValue() throws(DecisionLogError) -> FeatureValue {
        switch try word() {
        case 0: return .unknown
        case 1: return .number(Double(bitPattern: try word()))
        case 2:
            let items = try texts()
            var value = FeatureValue.items([])
            for item in items { value.append(item, time: Int64(bitPattern: try word())) }
            return value
        case 3: return .grid(try numbers())
        default: throw .damaged
        }
    }
}

extension FeatureValue {
    fileprivate mutating func append(_ item: String, time: Int64) {
        self = .items(items + [.init(time: time, item: item)])
    }
}

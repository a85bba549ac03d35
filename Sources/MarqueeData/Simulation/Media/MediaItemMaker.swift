internal import MarqueeRuntime

/// Makes what is offered: topics, quality, style, and when.
struct MediaItemMaker {
    let config: MediaWorld.Config
    /// How often each topic is written about: the first three times as often as the last.
    private let topicTable: AliasTable

    init(_ config: MediaWorld.Config) {
        self.config = config
        let count = MediaWorld.topics.count
        topicTable = AliasTable(weights: (0..<count).map { 3 - 2 * Double($0) / Double(count - 1) })
    }

    /// News in the hours of the day, alive for 36 hours; three videos of five from the start, the others by and by, for
    /// good; campaigns of two weeks, the first under way when the world begins.
    func items() -> [MediaWorld.Item] {
        let span = Double(config.days) * Double(MediaWorld.day)
        let news = (0..<config.news * (config.days + 2)).map { index in
            // From a day and a half before the start, so that there is something to show in the first hour.
            let unit = (Double(index) + 0.5) / Double(config.news) - 1.5
            return item(.news, index, at: unit * Double(MediaWorld.day), alive: 36 * MediaWorld.hour)
        }
        let videos = (0..<config.videos).map { index in
            let unit = (Double(index) + 0.5) / Double(config.videos)
            return item(.video, index, at: max(0, (unit - 0.6) / 0.4) * span, alive: nil)
        }
        let ads = (0..<config.ads).map { index in
            let unit = (Double(index) + 0.5) / Double(config.ads)
            let two = 14 * Double(MediaWorld.day)
            return item(.ad, index, at: unit * (span + two) - two, alive: 14 * MediaWorld.day)
        }
        return news + videos + ads
    }

    private func item(
        _ domain: MediaWorld.Domain, _ index: Int, at offset: Double, alive: Int64?
    ) -> MediaWorld.Item {
        let stream = RandomStream(seed: config.seed, "media item", 4 * index + domain.rawValue)
        let first = topicTable.draw(stream[0])
        var second = -1
        if stream.unit(at: 1) < 0.6 {
            let other = topicTable.draw(stream[2])
            if other != first { second = other }
        }
        let published = MediaWorld.start + Int64(offset)
        let isStyled = domain != .news
        return MediaWorld.Item(
            domain: domain, first: Int8(first), second: Int8(second), quality: stream.normal(at: 4),
            style: isStyled
                ? SIMD4(stream.normal(at: 5), stream.normal(at: 6), stream.normal(at: 7), stream.normal(at: 8))
                : SIMD4(),
            published: published, expires: alive.map { published + $0 } ?? .max,
            length: domain == .video ? Int32(1000 * 240 * (0.8 * Double(stream.normal(at: 9))).exponential) : 0)
    }
}

extension MediaWorld {
    /// What everybody may know of the items: topics as genres, a title and a text of their topics' words.
    public var catalog: Catalog {
        Catalog(
            items: items.indices.map { index in
                let item = items[index]
                let topics = [Int(item.first), Int(item.second)].filter { $0 >= 0 }
                let stream = RandomStream(seed: config.seed, "media words", index)
                var counter: UInt64 = 0
                func pick(_ words: [String]) -> String {
                    counter += 1
                    return words[stream.integer(at: counter, below: words.count)]
                }
                func word(_ place: Int) -> String {
                    // Of the first topic twice as often as of the second; one word of six says nothing.
                    if stream.integer(at: UInt64(100 + place), below: 6) == 0 { return pick(MediaWords.fillers) }
                    return pick(MediaWords.topics[topics[place % 3 == 2 ? topics.count - 1 : 0]].words)
                }
                let title = (0..<3).map(word).joined(separator: " ")
                return Catalog.Item(
                    title: title.prefix(1).uppercased() + title.dropFirst(), genres: topics.map { Self.topics[$0] },
                    text: (3..<9).map(word).joined(separator: " "), domain: item.domain.name)
            })
    }

    /// The ids that logs and files use: `news-17`, `video-3`, `ad-5`, numbered by domain.
    public func id(of item: Int32) -> String {
        let domain = items[Int(item)].domain
        return "\(domain.name)-\(Int(item) - firstItem(of: domain) + 1)"
    }

    private func firstItem(of domain: Domain) -> Int {
        let news = config.news * (config.days + 2)
        return [0, news, news + config.videos][domain.rawValue]
    }

    /// The items of a domain, ascending.
    public func items(of domain: Domain) -> Range<Int> {
        let count = [config.news * (config.days + 2), config.videos, config.ads][domain.rawValue]
        return firstItem(of: domain)..<firstItem(of: domain) + count
    }
}

import Foundation
import MarqueeData
import MarqueeLive
import MarqueeModels
import MarqueeRuntime

/// A request with events, made once and sent again and again under other ids: making JSON is not what is measured.
struct EventTemplate: Sendable {
    private let count: Int
    private let bytes: [UInt8]
    /// Where the last twelve digits of each event's id stand.
    private let places: [Int]

    /// `count` events, one a line: by users of the model, half of them about its first hundred items.
    init(_ count: Int, of model: SavedModel, seed: UInt64) {
        let stream = RandomStream(seed: seed, "bench events")
        let types: [EventType] = [.impression, .impression, .impression, .click, .view, .purchase]
        let events = (0..<UInt64(count)).map { k -> Event in
            let items = stream.integer(at: 4 * k, below: 2) == 0 ? min(100, model.items.count) : model.items.count
            return Event(
                id: Self.id, user: model.users[Int32(stream.integer(at: 4 * k + 1, below: model.users.count))],
                item: model.items[Int32(stream.integer(at: 4 * k + 2, below: items))], domain: "video",
                type: types[Int(k + seed) % types.count], value: 1.5,
                context: ["category": "c\(stream.integer(at: 4 * k + 3, below: 20))"], time: EventLog.now(),
                position: Int(k % 10))
        }
        bytes = HTTPLoad.post("/api/events", events.map(\.json).joined(separator: "\n"))
        let mark = Array(Self.id.utf8)
        var places: [Int] = []
        var place = 0
        while places.count < count, place + mark.count <= bytes.count {
            if bytes[place] == mark[0], bytes[place..<place + mark.count].elementsEqual(mark) {
                places.append(place + mark.count - 12)
                place += mark.count
            } else {
                place += 1
            }
        }
        self.places = places
        self.count = count
    }

    /// As long as a UUID.
    private static let id = "f47ac10b-58cc-4372-a567-000000000000"

    /// The request of that number: no event of one has the id of another's.
    func request(number: Int) -> [UInt8] {
        var bytes = bytes
        bytes.withUnsafeMutableBufferPointer { bytes in
            for (k, place) in places.enumerated() {
                var rest = number * count + k
                for digit in stride(from: place + 11, through: place, by: -1) {
                    bytes[digit] = UInt8(ascii: "0") + UInt8(rest % 10)
                    rest /= 10
                }
            }
        }
        return bytes
    }
}

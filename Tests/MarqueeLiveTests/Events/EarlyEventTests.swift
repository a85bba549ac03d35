import Foundation
import MarqueeData
import Testing

@testable import MarqueeLive

@Suite struct EarlyEventTests {
    typealias Fixture = LoopFixture

    @Test func eventsAboutAnItemCountOnceTheCatalogHasIt() async throws {
        let folder = Fixture.folder()
        let clock = TestClock()
        try await Fixture.run(folder: folder, clock: clock, deploys: false, keeps: true) { loop, clock in
            try await loop.catalog.put([CatalogItem(id: "old")])
            try await loop.take([
                Fixture.event(.click, "new", by: "ann", at: clock.now),
                Fixture.event(.hide, "new", by: "bob", at: clock.now),
                Fixture.event(.click, "never", by: "ann", at: clock.now),
            ])
            #expect(loop.status.unknownItems == 3)
            #expect(loop.audience[.user("ann")] == UserState())
            #expect(loop.trends.people(at: clock.now).isEmpty)

            try await loop.catalog.put([CatalogItem(id: "new")])
            let item = try #require(loop.catalog.snapshot.ids.index(of: "new"))
            #expect(loop.audience[.user("ann")].consumed == [item])
            #expect(loop.audience[.user("bob")].hidden == [item])
            #expect(loop.trends.people(at: clock.now).map(\.item) == [item])
            #expect(loop.status.unknownItems == 1)
        }
        // A restart, which applies the log from its beginning, finds the same.
        try await Fixture.run(folder: folder, clock: clock, deploys: false) { loop, _ in
            try await loop.applied(3)
            let item = try #require(loop.catalog.snapshot.ids.index(of: "new"))
            #expect(loop.audience[.user("ann")].consumed == [item])
            #expect(loop.audience[.user("bob")].hidden == [item])
            #expect(loop.status.unknownItems == 1)
        }
    }

    /// Names that Unicode calls equivalent are two items.
    @Test func itemsAreComparedByBytes() {
        var early = EarlyEvents()
        let names = ["caf\u{e9}", "cafe\u{301}", "caf\u{e9}"]
        for (number, name) in names.enumerated() {
            early.keep(Event(id: "\(number)", user: "u", item: name, type: .click, time: 1), items: 0)
        }
        #expect(early.take("caf\u{e9}").map(\.id) == ["0", "2"])
        #expect(early.count == 1)
        #expect(early.take("caf\u{e9}").isEmpty)
        #expect(early.take("cafe\u{301}").map(\.id) == ["1"])
    }

    @Test func whatIsKeptIsBounded() {
        var early = EarlyEvents()
        for number in 0..<EarlyEvents.capacity + 10 {
            early.keep(Event(id: "\(number)", user: "u", item: "\(number % 7)", type: .click, time: 1), items: 0)
        }
        #expect(early.count == EarlyEvents.capacity + 10)
        for item in 0..<7 {
            let events = early.take("\(item)")
            #expect(events.map(\.id) == (0..<EarlyEvents.capacity).filter { $0 % 7 == item }.map(String.init))
        }
        #expect(early.count == 10)
        #expect(early.take("3").isEmpty)
        // The next start reads the log for them, once the catalog may know more of them.
        #expect(!early.areMissed(by: 0) && early.areMissed(by: 1))
    }
}

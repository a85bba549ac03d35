import Testing

@testable import MarqueeLive

@Suite struct AudienceTests {
    private static func event(
        _ type: EventType, user: String? = nil, session: String? = nil, at time: Int64, value: Double? = nil
    ) -> Event {
        Event(id: "\(type)\(time)", user: user, session: session, item: "i", type: type, value: value, time: time)
    }

    @Test func ofAnItemTheLastOfEachTypeIsKept() {
        let audience = Audience()
        func apply(_ type: EventType, _ item: Int32, _ time: Int64, _ value: Double? = nil) {
            audience.apply(Self.event(type, user: "u", at: time, value: value), item: item)
        }
        apply(.view, 1, 10, 3)
        apply(.cart, 1, 20)
        apply(.click, 2, 15)
        apply(.view, 1, 30, 8)
        apply(.view, 1, 25, 5)  // Late, and older than what is known.
        apply(.purchase, 3, 12, 99)
        apply(.impression, 4, 50)
        let state = audience[.user("u")]
        #expect(
            state.interactions == [
                .init(.view, item: 1, time: 30, value: 8), .init(.cart, item: 1, time: 20),
                .init(.click, item: 2, time: 15), .init(.purchase, item: 3, time: 12),
            ])
        #expect(state.recent.map(\.item) == [1, 2, 3])
        #expect(state.exposures.map(\.item) == [4])
    }

    @Test func onlyTheNewestAreKept() {
        let audience = Audience()
        // In a scrambled order: 37 is prime to 300.
        for k in 0..<300 {
            let time = Int64(k * 37 % 300)
            audience.apply(Self.event(.click, user: "u", at: time), item: Int32(time))
        }
        #expect(audience[.user("u")].interactions.map(\.time) == (44..<300).reversed().map(Int64.init))
    }

    @Test func aSessionIsItsUsersFromTheFirstEventThatNamesBoth() {
        let audience = Audience()
        audience.apply(Self.event(.click, session: "s", at: 10), item: 1)
        audience.apply(Self.event(.hide, session: "s", at: 11), item: 2)
        audience.apply(Self.event(.impression, session: "s", at: 12), item: 3)
        audience.apply(Self.event(.impression, session: "s", at: 12), item: 5)
        audience.apply(Self.event(.click, user: "u", at: 5), item: 3)
        audience.apply(Self.event(.impression, user: "u", at: 9), item: 5)
        audience.apply(Self.event(.favorite, user: "u", session: "s", at: 20), item: 4)
        let state = audience[.user("u")]
        #expect(state.recent.map(\.item) == [4, 1, 3])
        #expect(Set(state.consumed) == [1, 3, 4] && state.hidden == [2])
        #expect(state.exposures == [.init(item: 5, count: 2, time: 12)])
        #expect(audience[.session("s")] == state)
    }

    /// What a session does after its user signed in is theirs as well, until somebody else signs in with it.
    @Test func aSessionStaysItsUsers() {
        let audience = Audience()
        audience.apply(Self.event(.click, user: "u", session: "s", at: 10), item: 1)
        audience.apply(Self.event(.click, session: "s", at: 20), item: 2)
        #expect(audience[.user("u")].recent.map(\.item) == [2, 1])
        #expect(audience.person(.session("s")) == .user("u") && audience.person(.session("t")) == .session("t"))
        audience.apply(Self.event(.click, user: "v", session: "s", at: 30), item: 3)
        audience.apply(Self.event(.click, session: "s", at: 40), item: 4)
        #expect(audience[.user("u")].recent.map(\.item) == [2, 1])
        #expect(audience[.session("s")].recent.map(\.item) == [4, 3])
        // Told late, of a time before.
        audience.apply(Self.event(.click, user: "u", session: "s", at: 12), item: 5)
        #expect(audience.person(.session("s")) == .user("v"))
        #expect(audience[.user("u")].recent.map(\.item) == [2, 5, 1])
    }

    @Test func whoDidSomethingIsFoundOut() {
        let audience = Audience()
        audience.apply(Self.event(.click, user: "u", session: "s", at: 10), item: 1)
        func isBy(_ who: Who, user: String? = nil, session: String? = nil) -> Bool {
            audience.isBy(who, Self.event(.click, user: user, session: session, at: 20))
        }
        #expect(isBy(.user("u"), user: "u") && isBy(.user("u"), session: "s") && isBy(.session("s"), user: "u"))
        #expect(isBy(.session("t"), session: "t") && isBy(.session("t"), user: "new", session: "t"))
        #expect(isBy(.session(""), user: "anybody"))
        #expect(!isBy(.user("u"), user: "v") && !isBy(.user("u"), session: "t") && !isBy(.session("s"), user: "v"))
        // A user and a session of one name are two.
        #expect(!isBy(.user("t"), session: "t"))
    }

    @Test func whatIsRatedLowIsNoTaste() {
        let audience = Audience()
        func apply(_ type: EventType, _ item: Int32, _ time: Int64, _ value: Double? = nil) {
            audience.apply(Self.event(type, user: "u", at: time, value: value), item: item)
        }
        apply(.click, 1, 10)
        apply(.rating, 1, 20, 0.5)
        apply(.view, 1, 30, 60)
        apply(.rating, 2, 25, 4)
        let interactions = audience[.user("u")].interactions
        #expect(interactions.lastByItem().map(\.item) == [1, 2])
        #expect(interactions.lastByItem(likedFrom: 3).map(\.item) == [2])
        #expect(audience[.user("u")].opinion(of: 1, likedFrom: 3) == .init(time: 30, isLiked: false))
        #expect(audience[.user("u")].opinion(of: 2, likedFrom: 3) == .init(time: 25))
        #expect(audience[.user("u")].opinion(of: 3, likedFrom: 3) == nil)
    }

    @Test func whatAnotherServerSawIsMergedByTime() {
        var interactions: [UserState.Interaction] = [
            .init(.view, item: 1, time: 30, value: 4), .init(.cart, item: 2, time: 20),
        ]
        interactions.merge(
            [(item: 3, time: 25), (item: 1, time: 30), (item: 2, time: 10), (item: 2, time: 40)], limit: 4)
        #expect(
            interactions == [
                .init(.click, item: 2, time: 40), .init(.view, item: 1, time: 30, value: 4),
                .init(.click, item: 3, time: 25), .init(.cart, item: 2, time: 20),
            ])
        interactions.merge([(item: 9, time: 1)], limit: 4)
        #expect(interactions.count == 4 && !interactions.contains { $0.item == 9 })
    }
}

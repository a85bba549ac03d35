import Foundation
import Testing

@testable import MarqueeData

/// Networks of users, items and what is known of them: HERec's files, MeLU's facts of films, SocialLGN's split.
@Suite struct ReadingNetworks {
    static let yelp = [
        "user_business.dat": "1\t5\t4\n2\t5\t3\n2\t6\t5\n", "user_user.dat": "1\t2\t1\n2\t1\t1\n9\t1\t1\n",
        "business_city.dat": "5\t31\t1\n6\t31\t1\n", "business_category.dat": "5\t7\t1\n5\t8\t1\n",
        "user_compliment.dat": "2\t1\t1\n2\t3\t1\n",
    ]

    @Test func readsLinksAsRatingsTiesAttributesAndFacts() throws {
        let (dataset, report) = try ReadingFixture(Self.yelp).read()
        #expect(dataset.log.count == 3 && dataset.log.userCount == 2 && dataset.log.values == [4, 3, 5])
        #expect(dataset.socialEdges == [SocialEdge(from: 0, to: 1), SocialEdge(from: 1, to: 0)])
        #expect(dataset.catalog.items[0].genres == ["7", "8"] && dataset.catalog.items[1].genres.isEmpty)
        #expect(dataset.userAttributes == ["compliment": ["", "1|3"]])
        let graph = try #require(dataset.knowledge)
        #expect(graph.count == 2 && graph.relations.ids == ["city"])
        #expect(graph.tails[0] == graph.tails[1] && graph.itemEntities == [graph.heads[0], graph.heads[1]])
        #expect(report.notes.contains { "\($0)".contains("1 links of ids without ratings were left out") })
    }

    @Test func namesALineThatIsCutOff() throws {
        var files = Self.yelp
        files["business_city.dat"] = "5\t31\t1\n6\n"
        #expect(
            try ReadingFixture(files).message()
                .contains("business_city.dat:2: expected 2 ids separated by tabs, found 1"))
    }

    @Test func joinsFactsToFilms() throws {
        let line =
            "1::Heat::1995::R::15 Dec 1995::Action::Michael Mann::Michael Mann (screenplay)::Al Pacino, Val Kilmer::"
        let fixture = try ReadingFixture([
            "ratings.dat": "1::1::5::978300760\n1::2::4::978300761\n",
            "movies.dat": "1::Heat (1995)::Action\n2::Ran::War\n",
            "movies_extrainfos.dat": line + "A group of thieves.::http\n",
        ])
        let dataset = try fixture.read().dataset
        #expect(dataset.catalog.items[0].text == "A group of thieves." && dataset.catalog.items[0].title == "Heat")
        let graph = try #require(dataset.knowledge)
        #expect(graph.relations.ids == ["board", "director", "actor"] && graph.count == 4)
        #expect(graph.entities.ids.contains("director Michael Mann") && graph.itemEntities[1] == -1)
        try fixture.write("movies_extrainfos.dat", "1::Heat::1995\n")
        #expect(fixture.message().contains("movies_extrainfos.dat:1: expected 11 fields separated by '::', found 3"))
    }

    @Test func readsASplitWithTies() throws {
        let fixture = try ReadingFixture([
            "train_set.txt": "user,item\n0,3\n1,2\n", "test_set.txt": "user,item\n0,2\n",
            "trust.txt": "user,friend\n0,1\n",
        ])
        let dataset = try fixture.read().dataset
        #expect(dataset.log.count == 2 && dataset.socialEdges == [SocialEdge(from: 0, to: 1)])
        let asked = try #require(dataset.log.itemVocabulary.index(of: "2"))
        #expect(dataset.frozen?.holdout == Holdout(pairs: [(user: Int32(0), item: Int32(asked))]))
        try fixture.write("trust.txt", "user,friend\n0,7\n")
        #expect(fixture.message().contains("trust.txt:2: expected a user from 0 to 1"))
    }
}

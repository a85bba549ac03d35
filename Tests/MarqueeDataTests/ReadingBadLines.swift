import Foundation
import Testing

@testable import MarqueeData

/// `on-bad-line: skip` leaves out what cannot be read, counts it and numbers no id of it.
@Suite("Reading past bad lines")
struct ReadingBadLines {
    private static let skip = ColumnMapping(onBadLine: .skip)

    @Test("a table", arguments: [1, 2, 7, 4 << 20])
    func table(size: Int) throws {
        let text = "userId,movieId,rating,timestamp\n1,2,3,4\n9,8,bad,4\nx,8,3,4\n1,3\n1,7,nan,4\n2,3,5,6\n"
        let (dataset, report) = try ReadingFixture(["ratings.csv": text]).read(mapping: Self.skip, chunkSize: size)
        #expect(dataset.log.userVocabulary.ids == ["1", "2"] && dataset.log.itemVocabulary.ids == ["2", "3"])
        #expect(dataset.log.values == [3, 5] && dataset.log.timestamps == [4000, 6000])
        #expect(
            report.notes == [
                DataNote(
                    .skipped,
                    "ratings.csv: 4 bad lines left out, as `on-bad-line: skip` says: ratings.csv:3: expected a number as value (field 3), found 'bad'; correct or delete the line | ratings.csv:4: expected a whole number as user id (field 1), found 'x'; correct or delete the line | ratings.csv:5: expected 4 fields separated by ',', found 2; the line may be cut off: complete or delete it | …"
                )
            ])
    }

    @Test("names as ids", arguments: [1, 7, 4 << 20])
    func names(size: Int) throws {
        let text = "user,item,value\nann,x,1\nbob,y,oops\n,x,2\ncy,x,3\n"
        let (dataset, report) = try ReadingFixture(["n.csv": text]).read(mapping: Self.skip, chunkSize: size)
        #expect(dataset.log.userVocabulary.ids == ["ann", "cy"] && dataset.log.itemVocabulary.ids == ["x"])
        #expect(report.notes.contains { $0.kind == .skipped && $0.text.contains("n.csv: 2 bad lines") })
    }

    @Test("lists", arguments: [1, 3, 4 << 20])
    func lists(size: Int) throws {
        let fixture = try ReadingFixture(["train.txt": "0 1 2\n1 5 x 6\n2 1\n", "test.txt": "0 3\n"])
        let (dataset, report) = try fixture.read(mapping: Self.skip, chunkSize: size)
        #expect(dataset.log.items == [0, 1, 0] && dataset.log.itemVocabulary.ids == ["1", "2", "3"])
        #expect(
            report.notes.contains { $0.kind == .skipped && $0.text.contains("train.txt:2: expected a whole number") })
    }

    @Test("titles, of which one bad line is no reason to read nothing")
    func titles() throws {
        let fixture = try ReadingFixture([
            "ratings.dat": "1::5::3::4\n1::6::3::4\n",
            "movies.dat": "5::Heat (1995)::Crime\n6::broken\n",
        ])
        #expect(
            fixture.message()
                == "movies.dat:2: expected 3 fields separated by '::', found 2; the line may be cut off: complete or delete it, or leave such lines out: `columns: { on-bad-line: skip }`"
        )
        let (dataset, report) = try fixture.read(mapping: Self.skip)
        #expect(dataset.catalog[0]?.title == "Heat" && dataset.catalog[1]?.title == "6")
        #expect(
            report.notes == [
                DataNote(
                    .skipped,
                    "movies.dat: 1 bad line left out, as `on-bad-line: skip` says: movies.dat:2: expected 3 fields separated by '::', found 2; the line may be cut off: complete or delete it"
                )
            ])
    }

    @Test("a quote out of pair loses where lines begin, and is refused")
    func quotes() throws {
        let fixture = try ReadingFixture(["ratings.csv": "userId,movieId,rating,timestamp\n\"1,2,3,4\n1,3,3,4\n"])
        #expect(fixture.message(mapping: Self.skip).contains("expected quotes in pairs"))
    }
}

import Foundation
import Testing

@testable import MarqueeData

/// Times in every unit and spelling, read for what they are and told.
@Suite("Reading times")
struct ReadingTimes {
    static let moment: Int64 = 1_500_003_907_000  // 2017-07-14 03:45:07 UTC

    @Test(
        "numbers by their size",
        arguments: [("", "seconds"), ("000", "milliseconds"), ("000000", "microseconds"), ("000000000", "nanoseconds")])
    func units(zeros: String, unit: String) throws {
        let rows = ["1500003907", "1500005442"].enumerated().map { "\($0),7,3,\($1)\(zeros)" }.joined(separator: "\n")
        let csv = try ReadingFixture(["us.csv": "user_id,item_id,rating,timestamp\n\(rows)\n"])
        for size in [1, 7, 4 << 20] {
            let (dataset, report) = try csv.read(chunkSize: size)
            #expect(dataset.log.timestamps == [Self.moment, 1_500_005_442_000])
            #expect(
                report.notes.first
                    == DataNote(
                        .columns,
                        "us.csv: 'user_id' is the user, 'item_id' the item, 'rating' the value, 'timestamp' the timestamp (\(unit) since 1970)"
                    ))
        }
        let inter = try ReadingFixture([
            "x.inter": "user_id:token\titem_id:token\trating:float\ttimestamp:float\n"
                + rows.replacing(",", with: "\t")
        ])
        let (dataset, report) = try inter.read()
        #expect(dataset.log.timestamps == [Self.moment, 1_500_005_442_000])
        #expect(report.notes.contains { $0.kind == .columns && $0.text.contains("\(unit) since 1970") })
        let movies = try ReadingFixture(["ratings.csv": "userId,movieId,rating,timestamp\n\(rows)\n"]).read()
        #expect(movies.dataset.log.timestamps == dataset.log.timestamps)
        #expect(
            movies.report.notes
                == (unit == "seconds" ? [] : [DataNote(.times, "ratings.csv: times are \(unit) since 1970")]))
    }

    @Test("a unit that is declared is all that need be said")
    func oneKey() throws {
        let fixture = try ReadingFixture([
            "x.inter": "user_id:token\titem_id:token\ttimestamp:float\n1\t2\t5000\n",
            "x.item": "item_id:token\ttitle:token_seq\n2\tHeat (1995)\n",
        ])
        let dataset = try fixture.read(mapping: ColumnMapping(timeUnit: .milliseconds)).dataset
        #expect(dataset.log.timestamps == [5000] && dataset.catalog[0]?.title == "Heat")
        #expect(try fixture.read().dataset.log.timestamps == [5_000_000])
    }

    @Test(
        "ISO 8601",
        arguments: [
            ("2017-07-14 03:45:07", moment), ("2017-07-14T03:45:07Z", moment), ("2017-07-14t03:45:07z", moment),
            ("2017-07-14T05:45:07+02:00", moment), ("2017-07-13T22:15:07-0530", moment), ("20170714T034507Z", moment),
            ("2017-07-14 03:45:07 UTC", moment), ("2017-07-14T03:45:07.2509+00", moment + 250),
            ("2017-07-14T03:45", moment - 7000), ("2017-07-14", 1_499_990_400_000), (" 2017-07-14 ", 1_499_990_400_000),
            ("2016-02-29", 1_456_704_000_000), ("1970-01-01", 0),
        ])
    func iso(text: String, time: Int64) throws {
        let fixture = try ReadingFixture(["iso.csv": "user_id,item_id,rating,timestamp\n1,2,3,\(text)\n2,2,3,\(text)\n"]
        )
        for size in [1, 5, 4 << 20] {
            let (dataset, report) = try fixture.read(chunkSize: size)
            #expect(dataset.log.timestamps == [time, time])
            #expect(
                report.notes.first?.text.hasSuffix("'timestamp' the timestamp (ISO 8601, UTC where no zone stands)")
                    == true)
        }
    }

    @Test(
        "no ISO 8601",
        arguments: [
            "2017-02-29", "2017-13-01", "2017-07-14 24:00:00", "14/07/2017", "2017-7-14", "2017-07-14T03:45:07+",
            "today", "2017-07-14T",
        ])
    func notISO(text: String) throws {
        #expect(ISOTime.milliseconds(text) == nil)
        let fixture = try ReadingFixture(["d.csv": "user_id,item_id,timestamp\n1,2,\(text)\n"])
        #expect(
            fixture.message()
                == "d.csv:2: expected a time as ISO 8601 writes it, such as 2015-01-31 or 2015-01-31T10:00:00Z (field 3), found '\(text)'; convert the column, or leave it out with a column mapping of user and item, or leave such lines out: `columns: { on-bad-line: skip }`"
        )
    }

    @Test("a column 'date' is read, and one that is not used is named")
    func unused() throws {
        let date = try ReadingFixture(["date.csv": "user_id,item_id,rating,date\n1,2,3,2017-07-14\n"]).read()
        #expect(date.dataset.log.timestamps == [1_499_990_400_000])
        let fixture = try ReadingFixture(["p.csv": "user_id,item_id,when\n1,2,2017-07-14\n3,2,2017-07-15\n"])
        #expect(
            try fixture.read().report.notes.map(\.text) == [
                "p.csv: 'user_id' is the user, 'item_id' the item",
                "p.csv: 'when' looks like times and is not used; `columns: { timestamp: when }` reads it",
            ])
        let asked = try fixture.read(mapping: ColumnMapping(timestamp: "when")).dataset
        #expect(asked.log.timestamps == [1_499_990_400_000, 1_500_076_800_000])
        let two = try ReadingFixture(["t.csv": "user_id,item_id,timestamp,updated\n1,2,1500003907,1500003999\n"]).read()
        #expect(two.report.notes.last == DataNote(.unused, "t.csv: 'updated' looks like times and is not used"))
    }

    @Test("two readings of a time are asked about")
    func asks() throws {
        let compact = try ReadingFixture(["c.csv": "user_id,item_id,timestamp\n1,2,20150131\n"])
        #expect(
            compact.message()
                == "c.csv: has times such as 20150131 (field 3), which could be dates or seconds of 1970; say which: `columns: { time-unit: iso-8601 }` or `columns: { time-unit: seconds }`"
        )
        #expect(
            try compact.read(mapping: ColumnMapping(timeUnit: .iso8601)).dataset.log.timestamps == [1_422_662_400_000])
        #expect(try compact.read(mapping: ColumnMapping(timeUnit: .seconds)).dataset.log.timestamps == [20_150_131_000])
    }

    @Test("a time of another size behind the first lines has its line")
    func lateMixture() throws {
        let rows = (0..<300).map { "1,\($0),1500003907000" } + ["1,300,1500003907", "1,301,0"]
        let fixture = try ReadingFixture(["l.csv": "user_id,item_id,timestamp\n" + rows.joined(separator: "\n")])
        #expect(
            fixture.message().hasPrefix(
                "l.csv:302: expected milliseconds since 1970-01-01 as timestamp (field 3), found '1500003907', which looks like seconds; bring all times to one unit"
            ))
    }
}

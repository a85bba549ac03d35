import Foundation
import MarqueeRuntime
import Testing

@testable import MarqueeData

@Suite struct ImpressionReaderTests {
    private static let mind = """
        1\tU1\t11/12/2019 12:00:01 AM\tN1 N2\tN3-0 N4-1
        2\tU2\t11/12/2019 12:30:00 PM\t\tN4-0
        3\tU1\t11/11/2019 11:59:59 PM\tN1\tN5-1 N1-1

        """

    @Test func mindIsReadWithItsNews() throws {
        let fixture = try ReadingFixture([
            "behaviors.tsv": Self.mind,
            "news.tsv":
                "N4\tsports\tmore_sports\tA title\tAn abstract\thttps://x\t[]\t[]\nN99\tone\ttwo\tthree\tfour\tfive\t[]\t[]\n",
        ])
        let (data, report) = try ImpressionReader.readReporting(fixture.folder)
        let log = data.log
        #expect(log.count == 3 && log.candidateCount == 5)
        #expect(log.users == [0, 1, 0] && log.userVocabulary.ids == ["U1", "U2"])
        #expect(log.timestamps == [1_573_516_801_000, 1_573_561_800_000, 1_573_516_799_000])
        #expect(log.items.map { log.itemVocabulary[$0] } == ["N3", "N4", "N4", "N5", "N1"])
        #expect(log.clicked == [false, true, false, true, true])
        #expect(log.offsets == [0, 2, 3, 5])
        #expect(log.positions.isEmpty && log.position(of: 4, in: 2) == 1 && log.position(of: 2, in: 1) == 0)
        #expect(log.sessions.isEmpty && log.devices.isEmpty && log.devices[0] == "")
        // The earliest impression of U1 is the last line; what came after it is no history of it.
        #expect(log.history(of: 0).items.map { log.itemVocabulary[$0] } == ["N1"])
        #expect(log.history(of: 1).isEmpty)
        let item = try #require(log.itemVocabulary.index(of: "N4"))
        #expect(data.catalog[item]?.title == "A title" && data.catalog[item]?.genres == ["sports", "more_sports"])
        #expect(data.catalog[item]?.text == "An abstract" && data.catalog[item]?.domain == "news")
        #expect(report.interactions == 3 && report.notes.count == 3)
        #expect(ImpressionReader.recognizes(fixture.folder))

        let clicks = log.clicks()
        #expect(clicks.users == [0, 0, 0] && clicks.items.map { log.itemVocabulary[$0] } == ["N4", "N5", "N1"])
        #expect(clicks.timestamps == [1_573_516_801_000, 1_573_516_799_000, 1_573_516_799_000])
    }

    @Test func ebNeRDIsReadWithItsHistories() throws {
        let fixture = try ReadingFixture([
            "behaviors.tsv": """
            impression_id\tuser_id\tsession_id\ttime\tdevice_type\tpage_article_id\tinview\tclicked\tnext_read_time
            9\t7\t70\t2023-02-27 03:23:27\t2\t\t10 11 12\t11\t8.5
            10\t8\t71\t2023-02-27 03:23:28\t1\t11\t12 10\t12 10\t3
            11\t7\t70\t2023-02-27 03:23:29\t4\t\t13\t\t

            """,
            "history.tsv": """
            user_id\ttime\tarticle_id\tread_time\tscroll_percentage
            7\t2023-02-27 03:23:27\t12\t4\t1
            7\t2023-02-26 00:00:00\t99\t13\t16
            9\t2023-02-26 00:00:00\t10\t\t

            """,
        ])
        let log = try ImpressionReader.read(fixture.folder).log
        #expect(log.count == 3 && log.offsets == [0, 3, 5, 6])
        #expect(log.users.map { log.userVocabulary[$0] } == ["7", "8", "7"] && log.userCount == 3)
        #expect(log.timestamps == [1_677_468_207_000, 1_677_468_208_000, 1_677_468_209_000])
        #expect(log.sessions == [0, 1, 0])
        #expect((0..<3).map { log.devices[$0] } == ["mobile", "desktop", "4"])
        #expect((0..<3).map { log.pages[$0] } == ["home", "11", "home"])
        #expect(log.clicked == [false, true, false, true, true, false])
        // Of two clicks nobody knows which was read.
        #expect(log.dwell == [-1, 8500, -1, -1, -1, -1])
        // What was clicked in the very second is not before it.
        #expect(log.history(of: 0).items.map { log.itemVocabulary[$0] } == ["99"])
        #expect(log.history(of: 0).first?.value == 13_000)
        #expect(log.history(of: 2).items.map { log.itemVocabulary[$0] } == ["99", "12"])
        #expect(log.history(of: 1).isEmpty)
    }

    /// Random impressions, told as rows of a CSV in any order, are read back.
    @Test(arguments: 1...12 as ClosedRange<UInt64>)
    func mappedRowsAreReadBack(seed: UInt64) throws {
        var random = RandomStream(seed: seed, "impressions")
        let ids = ["a", "b,c", "say \"x\"", "é", "7", "007"]
        let hasContext = seed % 2 == 0
        var expected = ImpressionLogBuilder()
        var rows: [(impression: Int, line: String)] = []
        for impression in 0..<Int.random(in: 1...20, using: &random) {
            let user = Int.random(in: 0...4, using: &random) == 0 ? nil : ids.randomElement(using: &random)
            let time = Int64.random(in: 0...2_000_000_000_000, using: &random)
            let context = ImpressionLogBuilder.Impression(
                user: user, time: time, session: hasContext ? "s\(impression % 3)" : nil,
                device: hasContext ? ["", "mobile"][impression % 2] : "", page: hasContext ? "home" : "")
            var candidates: [ImpressionLogBuilder.Candidate] = []
            for place in 0..<Int.random(in: 1...6, using: &random) {
                var candidate = ImpressionLogBuilder.Candidate(
                    item: ids.randomElement(using: &random) ?? "", isClicked: Bool.random(using: &random))
                if hasContext {
                    candidate.position = Int32(5 - place)
                    if place > 0 { candidate.propensity = Float(place) / 8 }
                    if place == 1 { candidate.dwell = 1234 }
                }
                candidates.append(candidate)
            }
            expected.append(context, candidates: candidates)
            for candidate in candidates {
                let position = (candidate.position ?? 0) + 1
                let propensity: String = candidate.propensity.map { String($0) } ?? ""
                let dwell: String = candidate.dwell.map { String($0) } ?? ""
                var fields: [String] = [String(impression), ReadingFormats.quoted(user ?? ""), String(time)]
                fields += [ReadingFormats.quoted(candidate.item), candidate.isClicked ? "1" : "0", String(position)]
                fields += [propensity, dwell, context.session ?? "", context.device, context.page]
                rows.append((impression, fields.joined(separator: ",")))
            }
        }
        // Impressions interleave; within each the rows keep their order, and first rows keep theirs.
        let first = Set(rows.indices.filter { row in !rows[..<row].contains { $0.impression == rows[row].impression } })
        let later = rows.indices.filter { !first.contains($0) }
        let order = first.sorted() + later
        let text =
            "id,who,when,what,click,place,p,dwell,visit,device,page\n"
            + order.map { rows[$0].line }.joined(separator: "\n")
        let fixture = try ReadingFixture(["shown.csv": text])
        let mapping = ImpressionMapping(
            impression: "id", user: "who", item: "what", clicked: 5, time: "when", timeUnit: .milliseconds,
            position: hasContext ? "place" : nil, firstPosition: 1, propensity: "p", dwell: "dwell", session: "visit",
            device: "device", page: "page")
        let read = try ImpressionReader.read(fixture.folder, mapping: mapping).log
        var told = expected.log()
        // The vocabularies are numbered by impression in both.
        #expect(read.offsets == told.offsets && read.timestamps == told.timestamps && read.clicked == told.clicked)
        #expect(read.users == told.users && read.items == told.items)
        #expect(read.userVocabulary == told.userVocabulary && read.itemVocabulary == told.itemVocabulary)
        #expect(read.positions == told.positions && read.dwell == told.dwell)
        #expect(read.sessions == told.sessions && read.devices == told.devices && read.pages == told.pages)
        #expect(read.propensities.map(\.bitPattern) == told.propensities.map(\.bitPattern))
        told.propensities = []
        var without = read
        without.propensities = []
        #expect(without == told)
    }

    struct Case: CustomTestStringConvertible, Sendable {
        let file: String
        let text: String
        let message: String
        var testDescription: String { message }
    }

    static let errors = [
        Case(
            file: "behaviors.tsv", text: "1\tU1\t11/12/2019 1:00:00 AM\t\tN1-0\n2\tU1\t11/12/2019 1:00:00 AM\tN1\n",
            message:
                "behaviors.tsv:2: expected 5 fields separated by tabs, found 4; the line may be cut off: complete or delete it"
        ),
        Case(
            file: "behaviors.tsv", text: "1\tU1\t11/12/2019 1:00:00 AM\t\tN1-0\n2\tU1\t13/12/2019 1:00:00 AM\t\tN1-0\n",
            message:
                "behaviors.tsv:2: expected a time such as '11/12/2019 2:14:46 PM' (field 3), found '13/12/2019 1:00:00 AM'; correct or delete the line"
        ),
        Case(
            file: "behaviors.tsv", text: "1\tU1\t11/12/2019 1:00:00 AM\t\tN1-0 N2\n",
            message:
                "behaviors.tsv:1: expected shown news such as 'N43266-0', -1 for clicked (field 5), found 'N2'; read a part of MIND that says what was clicked; its test part does not"
        ),
        Case(
            file: "behaviors.tsv", text: "1\tU1\t11/12/2019 1:00:00 AM\t\t\n",
            message:
                "behaviors.tsv:1: expected shown news such as 'N43266-0 N39887-1' (field 5), found nothing; delete the line"
        ),
        Case(
            file: "behaviors.tsv", text: "1\t\t11/12/2019 1:00:00 AM\t\tN1-1\n",
            message: "behaviors.tsv:1: expected a user id (field 2), found nothing; correct or delete the line"),
        Case(
            file: "behaviors.tsv", text: "user_id\ttime\tinview\tclicked\n1\t2023-02-27 03:23:27\t5 6\t7\n",
            message:
                "behaviors.tsv:2: expected clicked articles that were in view, found '7'; correct or delete the line"),
        Case(
            file: "behaviors.tsv", text: "user_id\ttime\tinview\tclicked\n1\tnoon\t5 6\t5\n",
            message:
                "behaviors.tsv:2: expected a time such as '2023-02-27 03:23:27' (column 'time'), found 'noon'; correct or delete the line"
        ),
        Case(
            file: "behaviors.tsv", text: "user_id\ttime\tinview\tclicked\n1\t2023-02-27 03:23:27\t\t\n",
            message:
                "behaviors.tsv:2: expected the articles in view (column 'inview'), found nothing; correct or delete the line"
        ),
        Case(
            file: "behaviors.parquet", text: "PAR1",
            message:
                "behaviors.parquet: is a Parquet file, which cannot be read; write it as tab-separated text with a header, lists with spaces between their elements"
        ),
        Case(
            file: "x.txt", text: "hello",
            message:
                "DATA: holds no known impressions; found x.txt ('hello'); name MIND's behaviors.tsv, EB-NeRD's as TSV, KuaiRand's tables, AdSERP's folder, or map the columns of a CSV or TSV"
        ),
    ]

    @Test(arguments: errors)
    func whatIsWrongIsSaidWithItsLine(error: Case) throws {
        let fixture = try ReadingFixture([error.file: error.text])
        #expect(Self.message(fixture) == error.message)
    }

    static let mappedErrors = [
        ("1,u,a,2", "a.csv:3: expected 0 or 1 as click (field 4), found '2'; correct or delete the line"),
        ("1,u,,1", "a.csv:3: expected an item id (field 3), found nothing; correct or delete the line"),
        (",u,a,1", "a.csv:3: expected an impression id (field 1), found nothing; correct or delete the line"),
        ("1,u,a", "a.csv:3: expected 4 fields separated by ',', found 3; complete or correct the line"),
        (
            "1,v,a,1",
            "a.csv:3: expected the user, time and context that line 2 gives of impression '1', found others; give each impression an id of its own"
        ),
    ]

    @Test(arguments: mappedErrors)
    func whatIsWrongWithMappedRowsIsSaid(line: String, message: String) throws {
        let fixture = try ReadingFixture(["a.csv": "id,user,item,click\n1,u,a,0\n\(line)\n"])
        let mapping = ImpressionMapping(impression: "id", user: "user", item: "item", clicked: "click")
        #expect(Self.message(fixture, mapping) == message)
    }

    @Test(arguments: ["0", "1.5", "nan", "x"])
    func propensitiesAreProbabilities(text: String) throws {
        let fixture = try ReadingFixture(["a.csv": "id,user,item,click,p\n1,u,a,0,\(text)\n"])
        let mapping = ImpressionMapping(
            impression: "id", user: "user", item: "item", clicked: "click", propensity: "p")
        #expect(
            Self.message(fixture, mapping)
                == "a.csv:2: expected a propensity above 0, at most 1 (field 5), found '\(text)'; correct or delete the line"
        )
    }

    private static func message(_ fixture: ReadingFixture, _ mapping: ImpressionMapping? = nil) -> String {
        do {
            return "no error; \(try ImpressionReader.read(fixture.folder, mapping: mapping).log.count) impressions"
        } catch {
            return "\(error)".replacingOccurrences(of: fixture.folder.path, with: "DATA")
        }
    }

    @Test func timesOfDayAreReadOrRefused() {
        #expect(ClockTime.american("1/1/1970 12:00:00 AM") == 0)
        #expect(ClockTime.american("1/1/1970 12:00:00 PM") == 43_200_000)
        #expect(ClockTime.american("01/02/1970 1:02:03 PM") == 133_323_000)
        for text in [
            "1/1/1970 0:00:00 AM", "1/1/1970 13:00:00 PM", "1/1/1970 1:60:00 PM", "2/30/2020 1:00:00 AM",
            "1/1/1970 1:00:00",
        ] {
            #expect(ClockTime.american(text) == nil, "\(text)")
        }
        #expect(ISOTime.milliseconds("1970-01-02 00:00:01") == 86_401_000)
        #expect(ISOTime.milliseconds("1970-01-01T23:59:59.5") == 86_399_500)
        #expect(ISOTime.milliseconds("1970-01-01T00:00:00.0129") == 12)
        for text in [
            "1970-01", "1970-01-01 24:00:00", "1970-02-29 00:00:00", "1970-01-01 00:00:00.", "1970-01-01 +1:00:00",
        ] {
            #expect(ISOTime.milliseconds(text) == nil, "\(text)")
        }
    }

    @Test(.enabled(if: realData("mind-small-sample") != nil, "mind-small-sample is not there"))
    func mindHasTheCountsOfItsReadme() throws {
        let data = try ImpressionReader.read(try #require(realData("mind-small-sample")))
        #expect(data.log.count == 5000 && data.log.userCount == 4637)
        #expect(data.log.candidateCount == 189_359 && data.log.clicked.count { $0 } == 7542)
        #expect(Set(data.log.items).count == 7457)
    }

    @Test(.enabled(if: realData("ebnerd-sample") != nil, "ebnerd-sample is not there"))
    func ebNeRDHasTheCountsOfItsReadme() throws {
        let log = try ImpressionReader.read(try #require(realData("ebnerd-sample"))).log
        #expect(log.count == 1046 && Set(log.users).count == 38 && Set(log.sessions).count == 485)
        #expect(log.candidateCount == 10_848 && log.clicked.count { $0 } == 1047)
        #expect((0..<log.count).count { log.pages[$0] == "home" } == 740)
        #expect(log.histories?.eventCount == 8303)
        #expect((0..<log.count).allSatisfy { !log.history(of: $0).isEmpty })
    }
}

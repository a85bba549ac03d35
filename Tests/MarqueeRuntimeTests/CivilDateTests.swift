import Testing

@testable import MarqueeRuntime

@Suite struct CivilDateTests {
    @Test(arguments: [
        (1970, 1, 1, 0), (1969, 12, 31, -1), (2000, 2, 29, 11_016), (2000, 3, 1, 11_017), (1600, 3, 1, -135_080),
        (2015, 4, 1, 16_526), (1, 1, 1, -719_162), (9999, 12, 31, 2_932_896),
    ])
    func daysAreCountedFrom1970(year: Int, month: Int, day: Int, days: Int) {
        let date = CivilDate(year: year, month: month, day: day)
        #expect(date.daysSince1970 == days)
        #expect(CivilDate(daysSince1970: days) == date)
        #expect(date.milliseconds == Int64(days) * 86_400_000)
        #expect(CivilDate(milliseconds: date.milliseconds) == date)
        #expect(CivilDate(milliseconds: date.milliseconds + 86_399_999) == date)
        #expect(CivilDate(milliseconds: date.milliseconds - 1) < date)
    }

    @Test func everyDayOfFourCenturiesFollowsTheOneBefore() {
        var date = CivilDate(year: 1799, month: 12, day: 31)
        for days in date.daysSince1970 + 1...date.daysSince1970 + 146_097 {
            let next = CivilDate(daysSince1970: days)
            let sameMonth = (next.year, next.month, next.day) == (date.year, date.month, date.day + 1)
            let nextMonth = next.day == 1 && (next.year * 12 + next.month == date.year * 12 + date.month + 1)
            if !(sameMonth || nextMonth) || next.daysSince1970 != days { Issue.record("\(next) after \(date)") }
            date = next
        }
        #expect(date.description == "2199-12-31" && date.monthDescription == "2199-12")
    }

    @Test func textIsADayOrNothing() {
        #expect(CivilDate("2016-02-29") == CivilDate(year: 2016, month: 2, day: 29))
        for text in [
            "2015-02-29", "1900-02-29", "2015-13-01", "2015-00-10", "2015-04-31", "2015-04", "2015-4-1-1", "", "0-1-1",
            "x",
        ] {
            #expect(CivilDate(text) == nil, "\(text)")
        }
    }
}

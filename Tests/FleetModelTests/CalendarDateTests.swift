@testable import FleetModel
import Glibc
import Testing

struct CalendarDateTests {
    @Test(arguments: [
        ("1970-01-01", 0), ("1969-12-31", -1), ("2000-02-29", 11_016), ("2023-05-23", 19_500), ("2025-10-20", 20_381),
        ("0001-01-01", -719_162), ("9999-12-31", 2_932_896), ("1900-03-01", -25_508),
    ])
    func knownDaysHaveTheirNumbers(text: String, number: Int) throws {
        let day = try date(text)
        #expect(day.epochDay == number)
        #expect(day.description == text)
        #expect(CalendarDate(epochDay: number) == day)
    }

    @Test(arguments: [
        "", "2023-5-23", "2023-05-23 ", "2023/05/23", "20230523", "2023-13-01", "2023-00-01", "2023-02-29",
        "1900-02-29",
        "2023-04-31", "2023-01-32", "2023-01-00", "0000-01-01", "-023-01-01", "2023-05-2x", "٢٠٢٣-05-23", "2023-05-233",
    ])
    func whatIsNoDateIsRefused(text: String) {
        #expect(CalendarDate(text) == nil)
    }

    @Test func allDaysOfFourCenturiesAgreeWithTheSystem() throws {
        var time = time_t(-25_567 * 86_400)
        var day = try date("1900-01-01")
        for _ in 0..<146_097 {
            var parts = tm()
            gmtime_r(&time, &parts)
            #expect(
                day.year == Int(parts.tm_year) + 1_900 && day.month == Int(parts.tm_mon) + 1
                    && day.day == Int(parts.tm_mday)
            )
            if CalendarDate(year: day.year, month: day.month, day: day.day) != day { Issue.record("\(day)") }
            day = day.next
            time += 86_400
        }
    }

    @Test func daysHaveBoundsInMicroseconds() throws {
        let day = try date("2023-05-23")
        #expect(day.startMicroseconds == 1_684_800_000_000_000)
        #expect(day.endMicroseconds == day.next.startMicroseconds)
        #expect(CalendarDate(epochMicroseconds: day.startMicroseconds) == day)
        #expect(CalendarDate(epochMicroseconds: day.endMicroseconds - 1) == day)
        #expect(try CalendarDate(epochMicroseconds: -1) == date("1969-12-31"))
        #expect(try date("2023-05-01").isFirstOfMonth)
        #expect(!day.isFirstOfMonth)
        #expect(try day.days(until: date("2025-10-20")) == 881)
    }

    @Test func rangesIncludeBothEnds() throws {
        let range = try #require(DateRange("2023-12-30..2024-01-02"))
        #expect(range.map(\.description) == ["2023-12-30", "2023-12-31", "2024-01-01", "2024-01-02"])
        #expect(range.count == 4)
        #expect(DateRange("2023-12-30")?.count == 1)
        #expect(DateRange("2023-12-30")?.description == "2023-12-30")
        for text in [
            "2024-01-02..2023-12-30", "2023-12-30..", "..2023-12-30", "a..b", "2023-12-30..2023-12-31..2024-01-01",
        ] {
            #expect(DateRange(text) == nil, "\(text)")
        }
    }
}

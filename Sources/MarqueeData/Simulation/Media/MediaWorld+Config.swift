public import MarqueeRuntime

extension MediaWorld {
    /// Sizes and mechanisms. A mechanism whose number is 0 is not in the world.
    public struct Config: Configuration, Hashable, Encodable {
        public var people = 4000
        public var days = 28
        /// Of a person, on average over all days.
        public var visits = 17.0
        /// Articles a day; videos and ad campaigns altogether.
        public var news = 200
        public var videos = 1200
        public var ads = 150
        /// How many items are shown in answer to a request; of ads four at most.
        public var slate = 10
        public var seed: UInt64 = 1
        /// The last days, and those before them to choose by.
        public var testDays = 6
        public var validationDays = 3
        /// Requests of the test days, and of the validation days, whose truth is kept to judge rankers by.
        public var moments = 4000

        /// Log-odds of a click on examined news that nobody cares about.
        public var base: Float = -2
        /// Log-odds that one standard deviation of taste for a topic, of style, of quality is worth.
        public var taste: Float = 1
        public var style: Float = 0.7
        public var quality: Float = 0.6
        /// Of a person's tastes for a topic in two domains; 0 leaves nothing to transfer.
        public var correlation: Float = 0.6
        /// Tastes lose exp(−drift) of what they were each day.
        public var drift: Float = 0.02
        /// Log-odds of what one is after now, and the hours after which it is kept with probability 1/e.
        public var intent: Float = 1.8
        public var intentHours = 36.0
        /// Log-odds that news lose in six hours.
        public var fading: Float = 0.7
        /// Of tastes within a circle of friends.
        public var homophily: Float = 0.5
        /// Log-odds of what a friend has just clicked, and the hours after which 1/e of it is left.
        public var contagion: Float = 1.5
        public var contagionHours = 8.0
        /// Log-odds that an item loses each time it was shown before.
        public var fatigue: Float = 0.4
        /// Log-odds of region, part of the day, and device.
        public var context: Float = 0.4
        /// The share of people who do not come to one of the domains before the test begins.
        public var cold = 0.3
        /// How fast examination falls with the position, against what is usual; 0 examines all positions alike.
        public var positions = 1.0
        /// The share of requests in which gaze is seen.
        public var gaze = 0.15
        /// How often, of two items looked at, the one liked more is looked at longer; .5 says nothing.
        public var gazeAgreement = 0.55
        /// What dwell says of taste: deviations of log dwell a deviation of taste.
        public var dwell: Float = 0.5

        /// The exponent of clicks in the logging policy's weights, and the share of slots that it fills at random.
        public var popularityBias = 1.0
        public var exploration = 0.03

        public init() {}

        public init(people: Int, visits: Double = 17, seed: UInt64 = 1) {
            self.people = people
            self.visits = visits
            self.seed = seed
        }

        /// A world for tests: few people, days and items.
        public static var small: Config {
            var config = Config(people: 300, visits: 14, seed: 7)
            config.days = 14
            config.news = 60
            config.videos = 200
            config.ads = 40
            config.testDays = 4
            config.validationDays = 2
            config.moments = 600
            return config
        }

        public static let defaults = Config()

        /// The share of a taste that is left after a day.
        var remaining: Float { Float((-Double(drift)).exponential) }

        /// The requests that are to be expected: visits, with 2.8 requests each.
        var expectedShown: Double { Double(people) * visits * 2.8 * Double(slate) }

        public func validate() throws {
            for (key, value) in [
                ("people", people), ("days", days), ("news", news), ("videos", videos), ("ads", ads), ("slate", slate),
                ("test-days", testDays), ("moments", moments),
            ] where value < 1 {
                throw ConfigurationError(at: [AnyCodingKey(key)], "must be at least 1, found \(value)")
            }
            if visits <= 0 { throw ConfigurationError(at: ["visits"], "must be above 0, found \(visits)") }
            if validationDays < 0 || validationDays + testDays >= days {
                throw ConfigurationError(
                    at: ["test-days"], "\(days) days leave nothing to learn from; write fewer than \(days) for both")
            }
            if expectedShown > 2_500_000 {
                throw ConfigurationError(
                    at: ["visits"],
                    "about \(Int(expectedShown).grouped) items would be shown, and two million are enough; "
                        + "write fewer people or visits")
            }
            for (key, value) in [
                ("correlation", Double(correlation)), ("homophily", Double(homophily)), ("cold", cold), ("gaze", gaze),
                ("exploration", exploration),
            ] where !(0...1).contains(value) {
                throw ConfigurationError(at: [AnyCodingKey(key)], "must be from 0 to 1, found \(value)")
            }
            if !(0.5...1).contains(gazeAgreement) {
                throw ConfigurationError(at: ["gaze-agreement"], "must be from 0.5 to 1, found \(gazeAgreement)")
            }
            if drift < 0 || intentHours <= 0 || contagionHours <= 0 || positions < 0 || popularityBias < 0 {
                throw ConfigurationError(
                    "drift, positions and popularity-bias must not be negative; hours must be above 0")
            }
        }
    }
}

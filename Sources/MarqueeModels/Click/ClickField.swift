/// A categorical input of a click model, by the name under which a server supplies it. What is not known adds nothing.
public enum ClickField: String, Codable, Sendable, CaseIterable {
    /// The candidate.
    case item
    /// The candidate's first genre or category.
    case category
    case device, region, page
    /// The hour of the day and the day of the week of the question, UTC.
    case hour, weekday
}

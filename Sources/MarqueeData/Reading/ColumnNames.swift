/// What people call the columns of a log, in letters alone and without case: `user_id` is `userid`.
enum ColumnNames {
    static let users = ["userid", "user", "uid", "customerid", "visitorid", "memberid", "reviewerid"]
    static let items = [
        "itemid", "item", "iid", "movieid", "productid", "sid", "articleid", "trackid", "songid", "bookid", "asin",
        "gameid", "videoid",
    ]
    /// Later ones are taken where none of those before is there.
    static let behaviors = [["behavior", "behaviour", "behaviortype", "event"], ["eventtype", "action"]]
    static let values = [
        ["rating", "value", "weight", "plays", "count"], ["score", "stars", "playcount", "overall"],
    ]
    static let timestamps = [
        ["timestamp", "time", "unixtime"],
        ["datetime", "eventtime", "createdat", "ratedat", "unixreviewtime", "reviewtime", "timems", "ts"], ["date"],
    ]
    /// Of a column that should be told when it is not used.
    static let times = Set(timestamps.joined())

    static func plain(_ name: String) -> String { name.lowercased().filter(\.isLetter) }
}

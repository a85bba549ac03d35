import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import MarqueeData
import MarqueeLive
import MarqueeModels
import MarqueeRuntime
import MarqueeServer
import NIOCore
import Testing

/// The requests of gorse's own Python client, byte for byte as it sends them; `scripts/gorse-client` runs the client itself.
@Suite struct GorseClientTests {
    typealias Fixture = ServerFixture

    /// Sends what the client sends, and gives the status and any JSON.
    private static func call(
        _ client: any TestClientProtocol, _ method: HTTPRequest.Method, _ uri: String, _ body: String? = nil,
        version: String? = nil
    ) async throws -> (status: Int, json: JSON) {
        var headers: HTTPFields = [.accept: "*/*", .userAgent: "python-requests/2.34.2"]
        headers[try #require(HTTPField.Name("X-API-Key"))] = "key"
        if let version { headers[try #require(HTTPField.Name("X-API-Version"))] = version }
        let response = try await client.executeRequest(
            uri: uri, method: method, headers: headers, body: body.map { ByteBuffer(string: $0) })
        return (response.status.code, try JSONDecoder().decode(JSON.self, from: Data(response.body.readableBytesView)))
    }

    private static let item = """
        {"ItemId": "100", "IsHidden": true, "Labels": {"tags": ["a", "b"], "year": 1999}, "Categories": ["d", "e"], \
        "Timestamp": "2024-02-02T20:20:02Z", "Comment": "Heat"}
        """

    @Test func items() async throws {
        try await Fixture.run(deploys: false) { client, _ in
            // insert_item
            for id in [100, 200, 300, 400, 500] {
                let body = Self.item.replacing("\"100\"", with: "\"\(id)\"")
                let inserted = try await Self.call(client, .post, "/api/item", body)
                #expect(inserted.status == 200 && inserted.json == ["RowAffected": 1])
            }
            // get_item
            let read = try await Self.call(client, .get, "/api/item/100")
            #expect(read.json == JSON(Self.item))
            // get_items: the first page, and the rest
            let first = try await Self.call(client, .get, "/api/items?n=3&cursor=")
            #expect(first.json["Items"]?.list?.map { $0["ItemId"] } == ["100", "200", "300"])
            let cursor = try #require(first.json["Cursor"]?.text)
            #expect(!cursor.isEmpty)
            let encoded = try #require(cursor.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
            let rest = try await Self.call(client, .get, "/api/items?n=3&cursor=\(encoded)")
            #expect(rest.json["Items"]?.list?.map { $0["ItemId"] } == ["400", "500"])
            #expect(rest.json["Cursor"] == "")
            // update_item: what is null stays
            let update = #"{"Categories": null, "Comment": null, "IsHidden": null, "Labels": ["x"], "Timestamp": null}"#
            #expect(try await Self.call(client, .patch, "/api/item/100", update).json == ["RowAffected": 1])
            let updated = try await Self.call(client, .get, "/api/item/100")
            #expect(updated.json["Labels"] == ["x"] && updated.json["Categories"] == ["d", "e"])
            #expect(updated.json["IsHidden"] == true && updated.json["Comment"] == "Heat")
            #expect(updated.json["Timestamp"] == "2024-02-02T20:20:02Z")
            // search_items
            _ = try await Self.call(client, .patch, "/api/item/300", #"{"Comment": "Amélie"}"#)
            let found = try await Self.call(client, .get, "/api/items?q=amelie&n=10")
            #expect(found.json["Items"]?.list?.map { $0["ItemId"] } == ["300"])
            #expect(try await Self.call(client, .get, "/api/items?q=heat&n=2").json["Items"]?.list?.count == 2)
            // delete_item
            #expect(try await Self.call(client, .delete, "/api/item/100").json == ["RowAffected": 1])
            #expect(try await Self.call(client, .get, "/api/item/100").status == 404)
            // Categories one by one, and bulk with a row that refuses itself.
            #expect(try await Self.call(client, .put, "/api/item/200/category/new").status == 200)
            #expect(try await Self.call(client, .delete, "/api/item/200/category/d").status == 200)
            #expect(try await Self.call(client, .get, "/api/item/200").json["Categories"] == ["e", "new"])
            let bulk = try await Self.call(
                client, .post, "/api/items",
                #"[{"ItemId": "a"}, {"ItemId": "b", "Timestamp": "noon"}, {"ItemId": "c"}]"#)
            #expect(bulk.json["RowAffected"] == 2 && bulk.json["Rejected"]?.list?.first?["Index"] == 1)
            #expect(try await Self.call(client, .get, "/api/item/c").status == 200)
        }
    }

    @Test func users() async throws {
        try await Fixture.run(deploys: false) { client, _ in
            // insert_user, insert_users
            let user = #"{"UserId": "bob", "Labels": {"gender": "M", "age": 24}, "Comment": "my user"}"#
            #expect(try await Self.call(client, .post, "/api/user", user).json == ["RowAffected": 1])
            let users = #"[{"UserId": "ann", "Labels": ["a"]}, {"UserId": "cy"}]"#
            #expect(try await Self.call(client, .post, "/api/users", users).json == ["RowAffected": 2])
            // get_user, get_users
            #expect(try await Self.call(client, .get, "/api/user/bob").json == JSON(user))
            let page = try await Self.call(client, .get, "/api/users?n=2&cursor=")
            #expect(page.json["Users"]?.list?.map { $0["UserId"] } == ["ann", "bob"])
            #expect(page.json["Cursor"]?.text?.isEmpty == false)
            #expect(try await Self.call(client, .patch, "/api/user/bob", #"{"Comment": "x"}"#).status == 200)
            #expect(try await Self.call(client, .get, "/api/user/bob").json["Labels"]?["age"] == 24)
            // delete_user
            #expect(try await Self.call(client, .delete, "/api/user/bob").json == ["RowAffected": 1])
            #expect(try await Self.call(client, .get, "/api/user/bob").status == 404)
        }
    }

    @Test func feedback() async throws {
        try await Fixture.run { client, server in
            let (one, two, three) = (Fixture.model.items[0], Fixture.model.items[1], Fixture.model.items[2])
            func row(_ type: String, _ item: String, _ time: String, value: Int = 0) -> String {
                """
                {"FeedbackType": "\(type)", "UserId": "100", "ItemId": "\(item)", "Timestamp": "\(time)", "Value": \(value)}
                """
            }
            // insert_feedback, insert_feedbacks
            let time = "2024-02-02T20:20:02Z"
            let first = try await Self.call(client, .post, "/api/feedback", "[\(row("like", one, time))]")
            #expect(first.status == 200 && first.json == ["RowAffected": 1])
            let more = "[\(row("read", two, time)), \(row("read", three, "2024-02-02"))]"
            #expect(try await Self.call(client, .post, "/api/feedback", more).json == ["RowAffected": 2])
            #expect(try await Self.call(client, .put, "/api/feedback", more).json == ["RowAffected": 0])
            // list_feedbacks
            let listed = try await Self.call(client, .get, "/api/user/100/feedback/read")
            #expect(
                listed.json == [
                    [
                        "FeedbackType": "read", "UserId": "100", "ItemId": .text(two), "Timestamp": .text(time),
                        "Value": 0,
                        "Comment": "",
                    ],
                    [
                        "FeedbackType": "read", "UserId": "100", "ItemId": .text(three),
                        "Timestamp": "2024-02-02T00:00:00Z", "Value": 0, "Comment": "",
                    ],
                ])
            // get_feedbacks
            let page = try await Self.call(client, .get, "/api/feedback?n=2&cursor=")
            #expect(page.json["Feedback"]?.list?.count == 2)
            let cursor = try #require(page.json["Cursor"]?.text)
            let rest = try await Self.call(client, .get, "/api/feedback?n=2&cursor=\(cursor)")
            #expect(rest.json["Feedback"]?.list?.count == 1 && rest.json["Cursor"] == "")
            #expect(try await Self.call(client, .get, "/api/feedback/like").json["Feedback"]?.list?.count == 1)
            #expect(try await Self.call(client, .get, "/api/item/\(two)/feedback").json.list?.count == 1)
            #expect(try await Self.call(client, .get, "/api/feedback/read/100/\(two)").json["ItemId"] == .text(two))
            // A new value is a change, and one bad row refuses itself alone.
            let mixed = "[\(row("read", two, time, value: 3)), \(row("", two, time)), \(row("star", two, "noon"))]"
            let answer = try await Self.call(client, .post, "/api/feedback", mixed)
            #expect(answer.status == 200 && answer.json["RowAffected"] == 1)
            #expect(answer.json["Rejected"]?.list?.map { $0["Index"] } == [1, 2])
            #expect(answer.json["Rejected"]?.list?.first?["Problem"]?.text?.contains("'FeedbackType'") == true)
            #expect(try await Self.call(client, .get, "/api/feedback/read/100/\(two)").json["Value"] == 3)
            // delete_feedback
            try await server.loop.applied(4)
            #expect(server.loop.audience[.user("100")].consumed.count == 3)
            #expect(try await Self.call(client, .delete, "/api/feedback/100/\(two)").json == ["RowAffected": 1])
            #expect(server.loop.audience[.user("100")].consumed.count == 2)
            #expect(try await Self.call(client, .get, "/api/feedback/100/\(two)").json == [])
            // A person who goes takes their feedback along.
            #expect(try await Self.call(client, .delete, "/api/user/100").json == ["RowAffected": 1])
            #expect(try await Self.call(client, .get, "/api/user/100/feedback/").json == [])
        }
    }

    @Test func recommendations() async throws {
        try await Fixture.run { client, server in
            // get_recommend, as version 0.5 of the client asks and as 0.4 does
            let scored = try await Self.call(client, .get, "/api/recommend/bob/?n=10&offset=0", version: "2")
            #expect(scored.status == 200 && scored.json.list?.count == 10)
            #expect(scored.json.list?.allSatisfy { $0["Id"]?.text != nil && $0["Score"]?.number != nil } == true)
            let ids = try await Self.call(client, .get, "/api/recommend/bob/?n=10&offset=0")
            #expect(ids.json.list?.count == 10 && ids.json.list?.first?.text != nil)
            // The own form stays.
            #expect(try await Self.call(client, .get, "/api/recommend/bob?n=10").json["items"]?.list?.count == 10)
            let category = server.loop.catalog.snapshot.categoryNames[0]
            let encoded = try #require(category.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
            let ofCategory = try await Self.call(
                client, .get, "/api/recommend/bob/\(encoded)?n=5&offset=2", version: "2")
            #expect(ofCategory.json.list?.isEmpty == false)
            // What is written back is not recommended again.
            let path = "/api/recommend/eve/?n=4&offset=0&write-back-type=read"
            let first = try await Self.call(client, .get, path)
            try await server.loop.applied(4)
            let second = try await Self.call(client, .get, path)
            #expect(Set(first.json.texts).count == 4 && Set(first.json.texts).isDisjoint(with: second.json.texts))
            let read = try await Self.call(client, .get, "/api/user/eve/feedback/read")
            #expect(read.json.list?.count == 8)
            #expect(server.loop.learner.counts.unjoined == 0)
            let later = try await Self.call(
                client, .get, "/api/recommend/max/?n=4&write-back-type=read&write-back-delay=1h")
            #expect(later.json.list?.count == 4)
            #expect(try await Self.call(client, .get, "/api/user/max/feedback/read").json == [])
            for wrong in ["n=1000", "write-back-type=%01", "write-back-delay=soon", "offset=99&n=2", "nn=1"] {
                #expect(try await Self.call(client, .get, "/api/recommend/bob/?\(wrong)").status == 400, "\(wrong)")
            }
            // session_recommend; times are as isoformat() writes them
            let item = Fixture.model.items[0]
            let session = try await Self.call(
                client, .post, "/api/session/recommend?n=3",
                #"[{"FeedbackType": "like", "UserId": "0", "ItemId": "\#(item)", "Timestamp": "2010-01-01T01:01:01.000001"}]"#
            )
            #expect(session.json.list?.count == 3)
            #expect(session.json.list?.contains { $0["Id"]?.text == item } == false)
            // get_neighbors
            let neighbors = try await Self.call(client, .get, "/api/item/\(item)/neighbors?n=3&offset=1")
            let all = try await Self.call(client, .get, "/api/item/\(item)/neighbors?n=4&offset=0")
            #expect(
                neighbors.json.list?.count == 3 && neighbors.json.list == all.json.list.map { Array($0.dropFirst()) })
            let people = try await Self.call(client, .get, "/api/user/\(Fixture.model.users[0])/neighbors?n=3&offset=0")
            #expect(people.json.list?.count == 3)
        }
    }

    /// Any name is kept and read again under it; what event it is follows from the settings.
    @Test func feedbackOfAnyType() async throws {
        let flags = ["gorse.feedback": "thumbs-up:favorite, a:b:hide", "gorse.other-feedback": "share"]
        try await Fixture.run(flags: flags) { client, server in
            let items = (0..<4).map { Fixture.model.items[$0] }
            let sent = zip(["thumbs-up", "a:b", "möchte ich", "retract"], items).map { type, item in
                #"{"FeedbackType": "\#(type)", "UserId": "u", "ItemId": "\#(item)", "Timestamp": "2024-02-02"}"#
            }
            let answer = try await Self.call(client, .post, "/api/feedback", "[\(sent.joined(separator: ","))]")
            #expect(answer.json == ["RowAffected": 4])
            let kept = try await server.loop.feedback.feedback(of: "u")
            #expect(kept.map(\.event) == [.favorite, .hide, .share, .share])
            for (type, item) in zip(["thumbs-up", "a%3Ab", "m%C3%B6chte%20ich", "retract"], items) {
                let listed = try await Self.call(client, .get, "/api/user/u/feedback/\(type)")
                #expect(listed.json.list?.map { $0["ItemId"] } == [.text(item)], "\(type)")
            }
            let page = try await Self.call(client, .get, "/api/feedback/m%C3%B6chte%20ich?n=5")
            #expect(page.json["Feedback"]?.list?.first?["FeedbackType"] == "möchte ich")
            let path = "/api/feedback/thumbs-up/u/\(items[0])"
            #expect(try await Self.call(client, .delete, path).json == ["RowAffected": 1])
            #expect(try await Self.call(client, .get, path).status == 404)
            let written = "/api/recommend/w/?n=2&write-back-type=seen"
            #expect(try await Self.call(client, .get, written).json.list?.count == 2)
            #expect(try await Self.call(client, .get, "/api/user/w/feedback/seen").json.list?.count == 2)
        }
        for (key, value, words) in [
            ("gorse.feedback", "star", "is not like thumbs-up:favorite"),
            ("gorse.feedback", "star:favourite", "did you mean 'favorite'?"),
            ("gorse.other-feedback", "gaze", "unknown event type 'gaze'"),
        ] {
            let error = #expect(throws: ConfigurationError.self) { try ServerConfiguration(flags: [key: value]) }
            #expect(error?.description.contains(words) == true)
        }
    }

    /// gorse's auto_insert_item and auto_insert_user.
    @Test(arguments: [true, false]) func feedbackAddsWhomAndWhatItNames(adds: Bool) async throws {
        let flags = ["gorse.auto-insert-item": "\(adds)", "gorse.auto-insert-user": "\(adds)"]
        try await Fixture.run(flags: flags) { client, server in
            let gone = Fixture.model.items[0]
            #expect(try await Self.call(client, .delete, "/api/item/\(gone)").status == 200)
            let rows = ["new", gone].map { #"{"FeedbackType": "star", "UserId": "nova", "ItemId": "\#($0)"}"# }
            let answer = try await Self.call(client, .post, "/api/feedback", "[\(rows.joined(separator: ","))]")
            #expect(answer.json == ["RowAffected": 2])
            #expect(try await Self.call(client, .get, "/api/item/new").status == (adds ? 200 : 404))
            #expect(try await Self.call(client, .get, "/api/user/nova").status == (adds ? 200 : 404))
            // What was deleted stays deleted, and the feedback is kept in any case.
            #expect(try await Self.call(client, .get, "/api/item/\(gone)").status == 404)
            #expect(try await Self.call(client, .get, "/api/user/nova/feedback/star").json.list?.count == 2)
        }
    }

    @Test func popularAndLatest() async throws {
        try await Fixture.run { client, server in
            let category = server.loop.catalog.snapshot.categoryNames[0]
            let encoded = try #require(category.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
            let all = try await Self.call(client, .get, "/api/popular/?n=6")
            let scores = try #require(all.json.list).map { $0["Score"]?.number ?? -1 }
            #expect(scores.count == 6 && scores == scores.sorted(by: >) && scores[0] == 1)
            let rest = try await Self.call(client, .get, "/api/popular?n=4&offset=2", version: "2")
            #expect(rest.json.list == all.json.list.map { Array($0.dropFirst(2)) })
            let own = try await client.send(.get, "/api/popular?n=6")
            #expect(own.json.ids == all.json.list?.compactMap { $0["Id"]?.text })
            #expect(
                try await client.send(.get, "/api/popular?n=4&offset=2").json.ids == Array(own.json.ids.dropFirst(2)))
            #expect(try await client.send(.get, "/api/popular?n=0").status == 400)
            // Without what somebody touched, in training too.
            let user = Fixture.model.users[0]
            let theirs = Set(Fixture.model.history[0].map { Fixture.model.items[$0] })
            let unseen = try await Self.call(client, .get, "/api/popular/?n=50&user-id=\(user)")
            #expect(unseen.json.list?.count == 50)
            #expect(unseen.json.list?.contains { theirs.contains($0["Id"]?.text ?? "") } == false)

            let times = ["old": "2024-05-01", "new": "2024-05-03T12:00:00Z", "newer": "2024-05-04"]
            for (id, time) in times {
                let item = #"{"ItemId": "\#(id)", "Categories": ["\#(category)"], "Timestamp": "\#(time)"}"#
                #expect(try await Self.call(client, .post, "/api/item", item).status == 200)
            }
            server.loop.settle()
            _ = try await Self.call(client, .get, "/api/latest")
            try await Task.sleep(for: .milliseconds(1_100))
            _ = try await Self.call(client, .get, "/api/latest")
            server.loop.settle()
            let latest = try await Self.call(client, .get, "/api/latest?n=2&offset=1")
            #expect(latest.json.list?.map { $0["Id"] } == ["new", "old"])
            #expect(latest.json.list?.first?["Score"] == .number(1_714_737_600))
            for path in ["popular", "latest"] {
                let ofCategory = try await Self.call(client, .get, "/api/\(path)/\(encoded)?n=20")
                #expect(ofCategory.json.list?.isEmpty == false)
                for id in ofCategory.json.list?.compactMap({ $0["Id"]?.text }) ?? [] {
                    #expect(try await server.loop.catalog.item(id)?.categories.contains(category) == true)
                }
                #expect(try await Self.call(client, .get, "/api/\(path)/none").json == [])
            }
        }
    }

    /// Scores are what is measured, not places.
    @Test func neighborsHaveTheScoresThatSimilarHas() async throws {
        try await Fixture.run { client, server in
            let item = Fixture.model.items[0]
            let neighbors = try await Self.call(client, .get, "/api/item/\(item)/neighbors?n=5")
            let similar = try await client.send(.get, "/api/similar/\(item)?n=5")
            #expect(similar.json["measure"] as? String == "cosine of the items' factors")
            #expect(similar.json.ids == neighbors.json.list?.compactMap { $0["Id"]?.text })
            let scores = (similar.json["items"] as? [[String: Any]] ?? []).compactMap { $0["score"] as? Double }
            for (own, gorse) in zip(scores, neighbors.json.list ?? []) {
                #expect(abs(own - (gorse["Score"]?.number ?? -1)) < 1e-6)
            }
            #expect(scores.count == 5 && scores == scores.sorted(by: >) && scores[0] < 1)
            let people = try await client.send(.get, "/api/similar/\(item)?n=5&by=people")
            #expect((people.json["measure"] as? String)?.contains("people") == true && people.json.ids.count == 5)
            #expect(
                try await client.send(.get, "/api/similar/\(item)?by=chance").json.message.contains("model, people"))
            let category = try #require(try await server.loop.catalog.item(people.json.ids[0])?.categories.first)
            let encoded = try #require(category.addingPercentEncoding(withAllowedCharacters: .alphanumerics))
            let ofCategory = try await Self.call(client, .get, "/api/item/\(item)/neighbors/\(encoded)")
            for id in ofCategory.json.list?.compactMap({ $0["Id"]?.text }) ?? [] {
                #expect(try await server.loop.catalog.item(id)?.categories.contains(category) == true)
            }
            let session = try await Self.call(
                client, .post, "/api/session/recommend/\(encoded)?n=3", #"[{"ItemId": "\#(item)"}]"#)
            #expect(session.json.list?.count == 3)
        }
    }

    /// RFC 3339 with and without a zone, dates, and seconds to nanoseconds since 1970.
    @Test(arguments: [
        ("2024-02-02T20:20:02.02Z", 1_706_905_202_020), ("2024-02-02T20:20:02+01:00", 1_706_901_602_000),
        ("2024-02-02T20:20:02", 1_706_905_202_000), ("2024-02-02 20:20:02", 1_706_905_202_000),
        ("2024-02-02T20:20", 1_706_905_200_000), ("2024-02-02", 1_706_832_000_000),
        ("1706905202", 1_706_905_202_000), ("1706905202020", 1_706_905_202_020),
        ("1706905202020000", 1_706_905_202_020), ("1706905202020000000", 1_706_905_202_020),
    ]) func timesOfAllKinds(text: String, milliseconds: Int64) async throws {
        try await Fixture.run { client, server in
            for time in ["\"\(text)\""] + (Int64(text) == nil ? [] : [text]) {
                let body = #"[{"FeedbackType":"star","UserId":"g\#(time.count)","ItemId":"1","Timestamp":\#(time)}]"#
                #expect(try await Self.call(client, .post, "/api/feedback", body).json == ["RowAffected": 1])
                let read = try await server.loop.feedback.feedback(of: "g\(time.count)")
                #expect(read.map(\.time) == [milliseconds])
            }
        }
    }

    @Test func whatIsNoneOfGorsesSaysSo() async throws {
        try await Fixture.run { client, _ in
            for (method, path, body, words) in [
                (
                    HTTPRequest.Method.post, "/api/feedback", #"[{"FeedbackType":"star","UserID_":"g"}]"#,
                    "did you mean 'UserId'?"
                ),
                (.post, "/api/item", #"{"Comment":"x"}"#, "'ItemId' is missing"),
                (.patch, "/api/item/1", #"{"Labls":[]}"#, "did you mean 'Labels'?"),
                (.get, "/api/item/1/neighbors?ofset=1", nil, "did you mean 'offset'?"),
                (.get, "/api/feedback?cursor=x", nil, "'cursor'"),
            ] as [(HTTPRequest.Method, String, String?, String)] {
                let answer = try await Self.call(client, method, path, body)
                #expect(answer.status == 400)
                #expect(answer.json["error"]?["message"]?.text?.contains(words) == true, "\(path)")
            }
            #expect(try await Self.call(client, .patch, "/api/item/none", #"{"Comment":"x"}"#).status == 404)
            #expect(try await Self.call(client, .patch, "/api/user/none", #"{"Comment":"x"}"#).status == 404)
        }
    }
}

/// Any JSON, for comparisons.
enum JSON: Decodable, Equatable {
    case null
    case flag(Bool)
    case number(Double)
    case text(String)
    case list([JSON])
    case object([String: JSON])

    init(from decoder: any Decoder) throws {
        let container = try decoder.singleValueContainer()
        if container.decodeNil() {
            self = .null
        } else if let value = try? container.decode(Bool.self) {
            self = .flag(value)
        } else if let value = try? container.decode(Double.self) {
            self = .number(value)
        } else if let value = try? container.decode(String.self) {
            self = .text(value)
        } else if let value = try? container.decode([JSON].self) {
            self = .list(value)
        } else {
            self = .object(try container.decode([String: JSON].self))
        }
    }

    init?(_ text: String) {
        guard let value = try? JSONDecoder().decode(JSON.self, from: Data(text.utf8)) else { return nil }
        self = value
    }

    subscript(key: String) -> JSON? { if case .object(let fields) = self { fields[key] } else { nil } }
    var list: [JSON]? { if case .list(let values) = self { values } else { nil } }
    var text: String? { if case .text(let text) = self { text } else { nil } }
    var number: Double? { if case .number(let number) = self { number } else { nil } }
    var texts: [String] { list?.compactMap(\.text) ?? [] }
}

extension JSON: ExpressibleByStringLiteral, ExpressibleByIntegerLiteral, ExpressibleByBooleanLiteral,
    ExpressibleByArrayLiteral, ExpressibleByDictionaryLiteral
{
    init(stringLiteral value: String) { self = .text(value) }
    init(integerLiteral value: Int) { self = .number(Double(value)) }
    init(booleanLiteral value: Bool) { self = .flag(value) }
    init(arrayLiteral elements: JSON...) { self = .list(elements) }
    init(dictionaryLiteral elements: (String, JSON)...) { self = .object(Dictionary(elements) { $1 }) }
}

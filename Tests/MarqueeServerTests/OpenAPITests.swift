import Foundation
import HTTPTypes
import Hummingbird
import HummingbirdTesting
import Testing
import Yams

@testable import MarqueeServer

/// The document says what the server does, and the server does what the document says.
@Suite struct OpenAPITests {
    /// As it is served; Yams reads JSON too.
    private static func document() throws -> [String: Any] {
        try #require(try Yams.load(yaml: OpenAPI.json) as? [String: Any])
    }

    private static func operations() throws -> [(path: String, method: String, operation: [String: Any])] {
        let paths = try #require(try document()["paths"] as? [String: [String: [String: Any]]])
        return paths.flatMap { path, methods in methods.map { (path, $0.key, $0.value) } }
    }

    /// What lies at `#/components/…`.
    private static func resolved(_ reference: String, in document: [String: Any]) -> [String: Any]? {
        var value: Any? = document
        for key in reference.split(separator: "/").dropFirst() { value = (value as? [String: Any])?[String(key)] }
        return value as? [String: Any]
    }

    /// Calls `body` with every mapping in a value, the value's own first.
    private static func everyMapping(_ value: Any, _ place: String = "", _ body: (String, [String: Any]) throws -> Void)
        rethrows
    {
        if let mapping = value as? [String: Any] {
            try body(place, mapping)
            for (key, value) in mapping { try everyMapping(value, "\(place)/\(key)", body) }
        } else if let list = value as? [Any] {
            for (index, value) in list.enumerated() { try everyMapping(value, "\(place)/\(index)", body) }
        }
    }

    @Test func itNamesEveryRouteAndNoOther() async throws {
        try await ServerFixture.run(deploys: false) { client, server in
            let described = Set(try Self.operations().map { "\($0.method.uppercased()) \($0.path)" })
            let served = Set(server.endpoints.map { "\($0.method.rawValue) \($0.path)" })
            #expect(described.subtracting(served) == [])
            #expect(served.subtracting(described) == [])
            #expect(try await client.send(.get, "/api/nothing").status == 404)
            #expect(try await client.send(.get, "/api/docs").status == 200)
            let served2 = try await client.send(.get, "/api/openapi.json")
            #expect((served2.json["paths"] as? [String: Any])?.isEmpty == false)
        }
    }

    @Test func everyPathRefusesTheOtherMethods() async throws {
        try await ServerFixture.run(deploys: false) { client, server in
            for (path, endpoints) in Dictionary(grouping: server.endpoints, by: \.path.description) {
                let uri = path.replacing(/{[^}]+}/, with: "x")
                for method in [HTTPRequest.Method.get, .put, .post, .delete, .patch, .options, .trace]
                where !endpoints.contains(where: { $0.method == method }) {
                    let answer = try await client.send(method, uri, "?")
                    #expect(answer.status == 405, "\(method) \(path)")
                    #expect(answer.headers[.allow]?.isEmpty == false)
                    #expect(answer.json.message.hasPrefix("this path takes "))
                }
            }
        }
    }

    @Test func itsParametersAreTheKeysThatRoutesRead() async throws {
        try await ServerFixture.run(deploys: false) { _, server in
            let document = try Self.document()
            for (path, method, operation) in try Self.operations() {
                let parameters = try (operation["parameters"] as? [[String: Any]] ?? []).map { parameter in
                    try #require(
                        (parameter["$ref"] as? String).map { Self.resolved($0, in: document) } ?? parameter,
                        "\(path): \(parameter)")
                }
                func names(_ place: String) -> Set<String> {
                    Set(parameters.filter { $0["in"] as? String == place }.compactMap { $0["name"] as? String })
                }
                let endpoint = server.endpoints.first {
                    $0.path.description == path && $0.method.rawValue == method.uppercased()
                }
                #expect(names("query") == Set(endpoint?.queryKeys ?? []), "\(method) \(path)")
                #expect(names("path") == Set(path.matches(of: /{([^}]+)}/).map { String($0.1) }), "\(method) \(path)")
                for parameter in parameters {
                    #expect(parameter["schema"] != nil)
                    #expect(parameter["in"] as? String != "path" || parameter["required"] as? Bool == true)
                }
            }
        }
    }

    @Test func itIsWhole() throws {
        let document = try Self.document()
        for key in ["openapi", "info", "paths", "components"] { #expect(document[key] != nil, "\(key)") }
        let info = document["info"] as? [String: Any]
        #expect(info?["title"] is String && info?["version"] is String)
        var references: Set<String> = []
        Self.everyMapping(document) { place, mapping in
            if let reference = mapping["$ref"] as? String {
                references.insert(reference)
                #expect(Self.resolved(reference, in: document) != nil, "\(place): \(reference)")
                #expect(mapping.count == 1, "\(place): what stands beside a reference is not read")
            }
            if let required = mapping["required"] as? [String], let properties = mapping["properties"] as? [String: Any]
            {
                #expect(Set(required).isSubset(of: properties.keys), "\(place)")
            }
        }
        let components = try #require(document["components"] as? [String: [String: Any]])
        for (kind, values) in components where kind != "securitySchemes" {
            for name in values.keys {
                #expect(references.contains("#/components/\(kind)/\(name)"), "nobody uses \(name)")
            }
        }
        for (path, method, operation) in try Self.operations() {
            #expect(operation["summary"] is String, "\(method) \(path)")
            let responses = try #require(operation["responses"] as? [String: [String: Any]])
            #expect(responses["200"] != nil && responses["400"] != nil, "\(method) \(path)")
            for (status, response) in responses {
                #expect(Int(status).map { (100..<600).contains($0) } == true)
                #expect(response["$ref"] != nil || response["description"] is String, "\(method) \(path) \(status)")
            }
        }
    }

    /// Names may be as long as the document says, and no longer.
    @Test func namesHaveTheLengthThatItSays() async throws {
        let schema = Self.resolved("#/components/schemas/Name", in: try Self.document())
        let length = try #require(schema?["maxLength"] as? Int)
        try await ServerFixture.run(deploys: false) { client, _ in
            let longest = String(repeating: "x", count: length)
            let stored = try await client.send(.put, "/api/items/\(longest)", "{\"id\":\"\(longest)\"}")
            #expect(stored.status == 200)
            #expect(try await client.send(.put, "/api/items/\(longest)x", "{\"id\":\"\(longest)x\"}").status == 400)
            let event = { (id: String) in "{\"id\":\"\(id)\",\"user\":\"u\",\"item\":\"i\",\"type\":\"click\"}" }
            #expect(try await client.send(.post, "/api/events", event(longest)).status == 200)
            #expect(try await client.send(.post, "/api/events", event("\(longest)x")).status == 400)
        }
    }
}

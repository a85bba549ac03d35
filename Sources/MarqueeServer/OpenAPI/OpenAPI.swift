internal import Foundation
internal import HTTPTypes
internal import Hummingbird
internal import NIOCore
internal import Yams

/// The description of the API, `/api/openapi.json`, and a page to read it, `/api/docs`.
struct OpenAPI {
    /// The document as JSON.
    static let json: String = {
        guard let document = try? Yams.load(yaml: yaml),
            let data = try? JSONSerialization.data(
                withJSONObject: document, options: [.sortedKeys, .withoutEscapingSlashes])
        else { preconditionFailure("the API's own description is not YAML") }
        return String(decoding: data, as: UTF8.self)
    }()

    /// The methods that a path of the document has, by path.
    static let methods: [String: Set<String>] = {
        let document = (try? Yams.load(yaml: yaml)) as? [String: Any]
        let paths = document?["paths"] as? [String: [String: Any]] ?? [:]
        return paths.mapValues { Set($0.keys.map { $0.uppercased() }) }
    }()

    static func add(to router: Router<BasicRequestContext>) {
        router.get("api/openapi.json") { _, _ in JSONText.response(json) }
        router.get("api/docs") { _, _ in
            Response(
                status: .ok,
                headers: [
                    .contentType: "text/html; charset=utf-8",
                    .contentSecurityPolicy:
                        "default-src 'none'; connect-src 'self'; style-src 'unsafe-inline'; script-src 'unsafe-inline'",
                ],
                body: ResponseBody(byteBuffer: ByteBuffer(string: page)))
        }
        // What a path does not do is told from what is not there.
        for (path, methods) in methods {
            let pattern = RouterPath(path.replacing("{", with: ":").replacing("}", with: ""))
            let allowed = methods.sorted().joined(separator: ", ")
            let others =
                [HTTPRequest.Method.get, .put, .post, .patch, .delete, .head, .options, .trace]
                + [HTTPRequest.Method("QUERY")].compactMap(\.self)
            for method in others where !methods.contains(method.rawValue) {
                router.on(pattern, method: method) { _, _ -> Response in
                    throw HTTPError(
                        .methodNotAllowed, headers: [.allow: allowed], message: "this path takes \(allowed)")
                }
            }
        }
    }

    private static let yaml = """
        openapi: 3.0.3
        info:
          title: Marquee
          version: "1"
          description: What somebody wants to see next, and the events from which it learns.
        security: [{ key: [] }, {}]
        paths:
          /api/health/live:
            get: { summary: The process answers, responses: { "200": { $ref: "#/components/responses/Status" } } }
          /api/health/ready:
            get:
              summary: The server may be sent traffic
              responses: { "200": { $ref: "#/components/responses/Status" }, "503": { $ref: "#/components/responses/Status" } }
          /metrics:
            get:
              summary: Counters and histograms in Prometheus's text format
              responses: { "200": { description: The metrics, content: { text/plain: { schema: { type: string } } } } }
          /api/openapi.json:
            get: { summary: This document, responses: { "200": { description: The document, content: { application/json: { schema: { type: object } } } } } }
          /api/docs:
            get: { summary: This document as a page, responses: { "200": { description: The page, content: { text/html: { schema: { type: string } } } } } }
          /api/events:
            post:
              summary: Sends events; on return they are on disk
              requestBody:
                required: true
                content:
                  application/json:
                    schema:
                      oneOf: [{ $ref: "#/components/schemas/Event" }, { type: array, items: { $ref: "#/components/schemas/Event" } }]
                  application/x-ndjson: { schema: { type: string } }
              responses:
                "200": { $ref: "#/components/responses/Taken" }
                "400": { description: None of the events is valid, content: { application/json: { schema: { type: object } } } }
                "401": { $ref: "#/components/responses/Error" }
                "403": { $ref: "#/components/responses/Error" }
                "408": { $ref: "#/components/responses/Error" }
                "413": { $ref: "#/components/responses/Error" }
                "429": { $ref: "#/components/responses/Error" }
                "503": { $ref: "#/components/responses/Error" }
                "507": { $ref: "#/components/responses/Error" }
          /api/feedback:
            post: &feedback
              summary: Sends feedback in gorse's form
              requestBody:
                required: true
                content:
                  application/json:
                    schema: { oneOf: [{ $ref: "#/components/schemas/Feedback" }, { type: array, items: { $ref: "#/components/schemas/Feedback" } }] }
              responses: &written
                "200": { description: How many were new, content: { application/json: { schema: { type: object } } } }
                "400": { $ref: "#/components/responses/Error" }
                "401": { $ref: "#/components/responses/Error" }
                "403": { $ref: "#/components/responses/Error" }
                "404": { $ref: "#/components/responses/Error" }
                "408": { $ref: "#/components/responses/Error" }
                "413": { $ref: "#/components/responses/Error" }
                "422": { $ref: "#/components/responses/Error" }
                "429": { $ref: "#/components/responses/Error" }
                "503": { $ref: "#/components/responses/Error" }
                "507": { $ref: "#/components/responses/Error" }
            put: *feedback
          /api/recommend/{user-id}:
            get:
              summary: What somebody wants to see next
              parameters:
                - { name: user-id, in: path, required: true, schema: { $ref: "#/components/schemas/Name" } }
                - { $ref: "#/components/parameters/n" }
                - { $ref: "#/components/parameters/domain" }
                - { $ref: "#/components/parameters/category" }
                - { name: device, in: query, description: "On which device, such as mobile", schema: { $ref: "#/components/schemas/Name" } }
                - { name: region, in: query, description: Where somebody is, schema: { $ref: "#/components/schemas/Name" } }
                - { name: page, in: query, description: "Where the answer is shown, such as home", schema: { $ref: "#/components/schemas/Name" } }
                - { name: choices, in: query, description: 1 lists whom the policy chose among, schema: { type: integer, minimum: 0, maximum: 1 } }
              responses: &read
                "200": { description: The answer, content: { application/json: { schema: { type: object } } } }
                "400": { $ref: "#/components/responses/Error" }
                "401": { $ref: "#/components/responses/Error" }
                "403": { $ref: "#/components/responses/Error" }
                "404": { $ref: "#/components/responses/Error" }
                "429": { $ref: "#/components/responses/Error" }
                "503": { $ref: "#/components/responses/Error" }
          /api/session/recommend:
            post:
              summary: What somebody without a name wants to see next, from what they touched
              requestBody:
                required: true
                content:
                  application/json:
                    schema:
                      type: object
                      additionalProperties: false
                      properties:
                        session: { $ref: "#/components/schemas/Name" }
                        items: { type: array, maxItems: 100, items: { type: string } }
                        n: { type: integer, minimum: 1, maximum: 100 }
                        domain: { type: string }
                        category: { type: string }
                        device: { type: string, maxLength: 256 }
                        region: { type: string, maxLength: 256 }
                        page: { type: string, maxLength: 256 }
              responses: *written
          /api/similar/{item-id}:
            get:
              summary: Items like an item
              parameters:
                - { name: item-id, in: path, required: true, schema: { $ref: "#/components/schemas/Name" } }
                - { $ref: "#/components/parameters/n" }
              responses: *read
          /api/popular:
            get:
              summary: What many touch now
              parameters:
                - { $ref: "#/components/parameters/n" }
                - { $ref: "#/components/parameters/domain" }
                - { $ref: "#/components/parameters/category" }
              responses: *read
          /api/items:
            get:
              summary: Items by id, a page at a time
              parameters:
                - { name: n, in: query, schema: { type: integer, minimum: 1, maximum: 1000 } }
                - { name: cursor, in: query, description: The cursor of the page before, schema: { $ref: "#/components/schemas/Name" } }
              responses: *read
            post:
              summary: Adds or replaces one item or many, all or none
              requestBody:
                required: true
                content:
                  application/json:
                    schema: { oneOf: [{ $ref: "#/components/schemas/Item" }, { type: array, items: { $ref: "#/components/schemas/Item" } }] }
              responses: *written
          /api/items/{item-id}:
            get:
              summary: An item
              parameters: &item [{ name: item-id, in: path, required: true, schema: { $ref: "#/components/schemas/Name" } }]
              responses: *read
            put:
              summary: Adds or replaces an item
              parameters: *item
              requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/Item" } } } }
              responses: *written
            delete: { summary: Deletes an item, parameters: *item, responses: *read }
          /api/users:
            get:
              summary: Users by id, a page at a time
              parameters:
                - { name: n, in: query, schema: { type: integer, minimum: 1, maximum: 1000 } }
                - { name: cursor, in: query, description: The cursor of the page before, schema: { $ref: "#/components/schemas/Name" } }
              responses: *read
            post:
              summary: Adds or replaces one user or many, all or none
              requestBody:
                required: true
                content:
                  application/json:
                    schema: { oneOf: [{ $ref: "#/components/schemas/User" }, { type: array, items: { $ref: "#/components/schemas/User" } }] }
              responses: *written
          /api/users/{user-id}:
            get:
              summary: A user
              parameters: &user [{ name: user-id, in: path, required: true, schema: { $ref: "#/components/schemas/Name" } }]
              responses: *read
            put:
              summary: Adds or replaces a user
              parameters: *user
              requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/User" } } } }
              responses: *written
            delete: { summary: Deletes a user, parameters: *user, responses: *read }
          /api/experiments:
            get: { summary: "The A/B experiments: arms with their rewards, sample-ratio check, intervals that hold at every look", responses: *read }
          /api/model:
            get: { summary: The model at work, responses: *read }
            put:
              summary: Puts a model to work
              requestBody:
                required: true
                content:
                  application/json:
                    schema: { type: object, required: [path], properties: { path: { type: string, description: A folder on the server } } }
              responses: *written
        components:
          securitySchemes:
            key: { type: apiKey, in: header, name: X-API-Key }
          parameters:
            n: { name: n, in: query, description: How many items, schema: { type: integer, minimum: 1, maximum: 100 } }
            domain: { name: domain, in: query, schema: { $ref: "#/components/schemas/Name" } }
            category: { name: category, in: query, schema: { $ref: "#/components/schemas/Name" } }
          responses:
            Status:
              description: How the server is
              content: { application/json: { schema: { type: object, required: [status], properties: { status: { type: string } } } } }
            Taken:
              description: What became of the events
              content:
                application/json:
                  schema:
                    type: object
                    required: [accepted, duplicates, unknownItems, rejected]
                    properties:
                      accepted: { type: integer }
                      duplicates: { type: integer }
                      unknownItems: { type: integer, description: Events about items that the catalog does not know; they count once it does }
                      rejected: { type: array, items: { type: object } }
            Error:
              description: What is wrong, and what to do
              content:
                application/json:
                  schema:
                    type: object
                    required: [error]
                    properties: { error: { type: object, required: [message], properties: { message: { type: string } } } }
          schemas:
            Name: { type: string, minLength: 1, maxLength: 64 }
            Event:
              type: object
              required: [id, item, type]
              properties:
                id: { $ref: "#/components/schemas/Name" }
                user: { $ref: "#/components/schemas/Name" }
                session: { $ref: "#/components/schemas/Name" }
                item: { $ref: "#/components/schemas/Name" }
                domain: { $ref: "#/components/schemas/Name" }
                type: { type: string, enum: [impression, click, view, favorite, cart, purchase, rating, share, gaze, hide] }
                value: { type: number }
                context: { type: object, additionalProperties: { type: string } }
                time: { type: integer, description: Milliseconds since 1970, or RFC 3339 }
                decision: { $ref: "#/components/schemas/Name" }
                position: { type: integer, minimum: 0 }
            Feedback:
              type: object
              required: [FeedbackType, UserId, ItemId]
              properties:
                FeedbackType: { type: string }
                UserId: { $ref: "#/components/schemas/Name" }
                ItemId: { $ref: "#/components/schemas/Name" }
                Timestamp: { type: string, format: date-time }
                Value: { type: number }
                Comment: { type: string }
            Item:
              type: object
              required: [id]
              additionalProperties: false
              properties:
                id: { $ref: "#/components/schemas/Name" }
                title: { type: string }
                domain: { type: string }
                categories: { type: array, items: { $ref: "#/components/schemas/Name" } }
                text: { type: string }
                year: { type: integer }
                time: { type: integer, minimum: 0, description: When it appears in milliseconds since 1970 }
                published: { type: boolean }
            User:
              type: object
              required: [id]
              additionalProperties: false
              properties:
                id: { $ref: "#/components/schemas/Name" }
                labels: { type: array, items: { $ref: "#/components/schemas/Name" } }
                friends: { type: array, items: { $ref: "#/components/schemas/Name" } }
        """

    private static let page = """
        <!doctype html><html lang="en"><meta charset="utf-8"><meta name="viewport" content="width=device-width">
        <title>Marquee API</title>
        <style>body{font:16px/1.5 system-ui;max-width:60rem;margin:2rem auto;padding:0 1rem}code{background:#8882;padding:.1em .3em}
        section{border-top:1px solid #8886;padding:.6rem 0}b{display:inline-block;min-width:4rem}</style>
        <h1>Marquee API</h1><p>The document itself: <a href="/api/openapi.json">/api/openapi.json</a></p><main></main>
        <script>
        fetch('/api/openapi.json').then(r => r.json()).then(api => {
          const main = document.querySelector('main');
          for (const [path, methods] of Object.entries(api.paths)) for (const [method, what] of Object.entries(methods)) {
            const section = main.appendChild(document.createElement('section'));
            const head = section.appendChild(document.createElement('div'));
            head.appendChild(document.createElement('b')).textContent = method.toUpperCase();
            head.appendChild(document.createElement('code')).textContent = path;
            section.appendChild(document.createElement('div')).textContent = what.summary;
            const names = (what.parameters || []).map(p => p.name || p.$ref.split('/').pop());
            if (names.length) section.appendChild(document.createElement('small')).textContent = names.join(', ');
          }
        });
        </script></html>
        """
}

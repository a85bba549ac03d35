extension OpenAPI {
    /// What several paths share.
    static let components = #"""
        securitySchemes:
          key: { type: apiKey, in: header, name: X-API-Key }
          bearer: { type: http, scheme: bearer, description: "The same key" }
        parameters:
          user-id: { name: user-id, in: path, required: true, schema: { $ref: "#/components/schemas/Name" } }
          item-id: { name: item-id, in: path, required: true, schema: { $ref: "#/components/schemas/Name" } }
          n: { name: n, in: query, description: "How many items", schema: { type: integer, minimum: 1, maximum: 100 } }
          cursor: { name: cursor, in: query, description: "The cursor of the page before", schema: { type: string } }
          domain: { name: domain, in: query, schema: { $ref: "#/components/schemas/Name" } }
          category: { name: category, in: query, schema: { $ref: "#/components/schemas/Name" } }
        responses:
          Status:
            description: "How the server is"
            content: { application/json: { schema: { type: object, required: [status], properties: { status: { enum: [live, starting, ready, draining] } } } } }
          Taken: { description: "What became of the events", content: { application/json: { schema: { $ref: "#/components/schemas/Taken" } } } }
          Titles: { description: "Items, the best first", content: { application/json: { schema: { $ref: "#/components/schemas/Titles" } } } }
          Removed: { description: "How many were removed", content: { application/json: { schema: { type: object, required: [removed], properties: { removed: { type: integer } } } } } }
          Model: { description: "The model at work", content: { application/json: { schema: { $ref: "#/components/schemas/Model" } } } }
          Error: { description: "What is wrong and what to do", content: { application/json: { schema: { $ref: "#/components/schemas/Error" } } } }
        schemas:
          Erasure:
            description: "What was erased of a user, and the proof"
            type: object
            required: [user, complete, sessions, stores, traces, notes]
            properties:
              user: { type: string }
              complete: { type: boolean, description: "Whether nothing was found again" }
              sessions: { type: integer, description: "Sessions that were the user's, erased with them" }
              stores: { type: array, items: { type: object, required: [name, before, after], properties: { name: { type: string }, before: { type: integer }, after: { type: integer } } } }
              traces: { type: array, description: "Files whose bytes still have the id", items: { type: object, required: [file, count], properties: { file: { type: string }, count: { type: integer } } } }
              notes: { type: array, items: { type: string } }
          Error:
            type: object
            required: [error]
            properties: { error: { type: object, required: [message], properties: { message: { type: string } } } }
          Name:
            description: "1 to 256 bytes of UTF-8 without control characters"
            type: string
            minLength: 1
            maxLength: 256
            pattern: "^[^\\x00-\\x1F\\x7F]+$"
          NameOrNothing:
            description: "At most 256 bytes of UTF-8 without control characters"
            type: [string, integer, "null"]
            maxLength: 256
            pattern: "^[^\\x00-\\x1F\\x7F]*$"
          NameOrNumber:
            description: "As a name; a whole number is taken as its text"
            type: [string, integer]
            minLength: 1
            maxLength: 256
            pattern: "^[^\\x00-\\x1F\\x7F]+$"
          NullableName:
            type: [string, "null"]
            minLength: 1
            maxLength: 256
            pattern: "^[^\\x00-\\x1F\\x7F]+$"
          NullableNameOrNumber:
            type: [string, integer, "null"]
            minLength: 1
            maxLength: 256
            pattern: "^[^\\x00-\\x1F\\x7F]+$"
          Flag: { enum: ["true", "false", "1", "0"], default: "false" }
          Event:
            type: object
            required: [id, type]
            allOf:
              - anyOf: [{ required: [user], properties: { user: { type: string } } }, { required: [session], properties: { session: { type: string } } }]
              - if: { required: [type], properties: { type: { const: search } } }
                then: { required: [query], properties: { item: { type: "null" }, query: { type: string } } }
                else: { required: [item], properties: { item: { type: string }, query: { type: "null" } } }
            additionalProperties: false
            properties:
              id: { $ref: "#/components/schemas/Name" }
              user: { $ref: "#/components/schemas/NullableName" }
              session: { $ref: "#/components/schemas/NullableName" }
              item: { $ref: "#/components/schemas/NullableName" }
              domain: { $ref: "#/components/schemas/NullableName" }
              type: { description: "A rating has a value, a gaze x and y in its context; a search has a query and no item; a scroll has how far down it went as its value, and may have speed, in screens a second, in its context", enum: [impression, click, view, favorite, cart, purchase, rating, share, gaze, hide, retract, search, scroll] }
              value: { type: [number, "null"], minimum: -1.0e+9, maximum: 1.0e+9, description: "Stars of a rating, seconds of a view, how far down a scroll went, from 0 to 1" }
              context: { type: [object, "null"], maxProperties: 32, additionalProperties: { type: [string, number, boolean, "null"] } }
              time: { description: "When it happened; now where it is left out", anyOf: [{ type: [integer, "null"], minimum: 946684800000, description: "Milliseconds since 1970" }, { type: string, format: date-time }] }
              decision: { $ref: "#/components/schemas/NullableName" }
              position: { type: [integer, "null"], minimum: 0, maximum: 99999 }
              query: { $ref: "#/components/schemas/NullableName" }
              device: { $ref: "#/components/schemas/NullableName" }
          Taken:
            type: object
            required: [accepted, duplicates, unknownItems, rejected]
            properties:
              accepted: { type: integer }
              duplicates: { type: integer }
              unknownItems: { type: integer, description: "Events about items that the catalog does not know; they count once it does" }
              rejected:
                type: array
                items:
                  type: object
                  required: [index, line, problem]
                  properties: { index: { type: integer }, line: { type: integer }, id: { type: string }, problem: { type: string } }
              rejectedCount: { type: integer, description: "Where there are more than the list has" }
          UserFeedback:
            type: object
            required: [feedback]
            properties:
              feedback:
                type: array
                items:
                  type: object
                  required: [type, item, time]
                  properties: { type: { type: string }, item: { type: string }, value: { type: number }, comment: { type: string }, time: { type: integer, description: "Milliseconds since 1970" } }
          Change: { type: object, description: "Fields of an item or a user" }
          Stored: { type: object, required: [stored], properties: { stored: { type: integer } } }
          Session:
            type: object
            additionalProperties: false
            properties:
              session: { $ref: "#/components/schemas/NameOrNothing" }
              items: { type: [array, "null"], maxItems: 100, items: { type: [string, integer] }, description: "What was touched; the newest first" }
              n: { type: [integer, "null"], minimum: 1, maximum: 100 }
              domain: { type: [string, integer, "null"] }
              category: { type: [string, integer, "null"] }
              filter: { $ref: "#/components/schemas/ItemFilter" }
              device: { $ref: "#/components/schemas/NameOrNothing" }
              region: { $ref: "#/components/schemas/NameOrNothing" }
              page: { $ref: "#/components/schemas/NameOrNothing" }
              reasons: { type: [boolean, "null"] }
          Ranking:
            type: object
            required: [candidates]
            additionalProperties: false
            properties:
              user: { $ref: "#/components/schemas/NullableNameOrNumber" }
              session: { $ref: "#/components/schemas/NullableNameOrNumber" }
              candidates: { type: array, minItems: 1, maxItems: 1000, items: { $ref: "#/components/schemas/NameOrNumber" }, description: "The items, in any order" }
              touched: { type: [array, "null"], maxItems: 100, items: { type: [string, integer] }, description: "What was touched just now; the newest first" }
              reasons: { type: [boolean, "null"] }
              n: { type: [integer, "null"], minimum: 1, maximum: 1000, description: "How many are wanted; all where it is left out" }
              domain: { $ref: "#/components/schemas/NullableNameOrNumber" }
              category: { $ref: "#/components/schemas/NullableNameOrNumber" }
              filter: { $ref: "#/components/schemas/ItemFilter" }
              device: { $ref: "#/components/schemas/NullableNameOrNumber" }
              region: { $ref: "#/components/schemas/NullableNameOrNumber" }
              page: { $ref: "#/components/schemas/NullableNameOrNumber" }
          ItemFilter:
            description: "Which items are wanted; all that is said has to hold"
            type: [object, "null"]
            additionalProperties: false
            properties:
              domains: { description: "One of these", type: [array, "null"], items: { type: [string, integer] } }
              categories: { description: "One of these at least", type: [array, "null"], items: { type: [string, integer] } }
              without: { description: "None of these categories", type: [array, "null"], items: { type: [string, integer] } }
              years: { $ref: "#/components/schemas/Bounds" }
              times: { $ref: "#/components/schemas/Bounds" }
              labels: { description: "What its labels are, as any JSON: of an object every field has to hold, of a list one of its entries; a text or number holds where the label is the same or a list that has it" }
          Bounds: { type: [object, "null"], additionalProperties: false, properties: { from: { type: [integer, "null"] }, to: { type: [integer, "null"] } } }
          Decision:
            type: object
            required: [decision, link, model, policy, items]
            properties:
              user: { type: string }
              session: { type: string }
              decision: { type: string, description: "Events name it, so that its policy learns" }
              link: { enum: [model, session, popular, catalog, empty] }
              model: { type: string }
              policy: { type: string }
              experiments: { type: array, items: { type: object, required: [name, arm], properties: { name: { type: string }, arm: { type: string } } } }
              items:
                type: array
                items:
                  type: object
                  required: [id, title, score, propensity]
                  properties:
                    id: { type: string }
                    title: { type: string }
                    score: { type: [number, "null"] }
                    propensity: { type: number }
                    reasons:
                      type: array
                      description: "What of the history speaks for it, the strongest first; where reasons were asked for"
                      items:
                        type: object
                        required: [item, title, share]
                        properties: { item: { type: string }, title: { type: string }, share: { type: number, description: "Of all that the history says for it" } }
              choices:
                type: object
                required: [items, scores]
                properties: { items: { type: array, items: { type: string } }, scores: { type: array, items: { type: [number, "null"] } } }
              notes: { type: array, items: { type: string } }
          Titles:
            type: object
            required: [items]
            properties:
              measure: { type: string, description: "What the score of similar items measures" }
              items: { type: array, items: { type: object, required: [id, title, score], properties: { id: { type: string }, title: { type: string }, score: { type: number } } } }
          Item:
            type: object
            required: [id]
            additionalProperties: false
            properties:
              id: { $ref: "#/components/schemas/NameOrNumber" }
              title: { type: [string, integer, "null"], maxLength: 4096 }
              domain: { $ref: "#/components/schemas/NameOrNothing" }
              categories: { type: [array, "null"], maxItems: 64, items: { $ref: "#/components/schemas/NameOrNumber" } }
              text: { type: [string, integer, "null"], maxLength: 65536 }
              year: { type: [integer, "null"] }
              time: { type: [integer, "null"], minimum: 0, description: "When it appears in milliseconds since 1970" }
              published: { type: [boolean, "null"] }
              labels: { description: "What else is known of it, any JSON" }
          ItemPage:
            type: object
            required: [items]
            properties: { items: { type: array, items: { $ref: "#/components/schemas/Item" } }, cursor: { type: string } }
          User:
            type: object
            required: [id]
            additionalProperties: false
            properties:
              id: { $ref: "#/components/schemas/NameOrNumber" }
              labels: { description: "What is known of them, any JSON" }
              comment: { type: [string, integer, "null"], maxLength: 65536 }
              friends: { type: [array, "null"], maxItems: 4096, items: { $ref: "#/components/schemas/NameOrNumber" } }
          UserPage:
            type: object
            required: [items]
            properties: { items: { type: array, items: { $ref: "#/components/schemas/User" } }, cursor: { type: string } }
          Model: { type: object, required: [version, kind], properties: { version: { type: string }, kind: { type: string } } }
          Experiments:
            type: object
            required: [experiments]
            properties:
              experiments:
                type: array
                items:
                  type: object
                  required: [name, layer, arms, sampleRatio, moved, shares]
                  properties:
                    name: { type: string }
                    layer: { type: string }
                    arms:
                      type: array
                      items:
                        type: object
                        required: [name, share, people, decisions, reward, mean, deviation]
                        properties:
                          name: { type: string }
                          share: { type: number }
                          people: { type: integer }
                          decisions: { type: integer }
                          reward: { type: number }
                          mean: { type: number }
                          deviation: { type: number }
                          againstControl:
                            type: object
                            properties:
                              difference: { type: number }
                              lower: { type: [number, "null"] }
                              upper: { type: [number, "null"] }
                              confidence: { type: number }
                              pValue: { type: number }
                    sampleRatio: { type: object, required: [statistic, pValue, mismatch], properties: { statistic: { type: number }, pValue: { type: number }, mismatch: { type: boolean } } }
                    moved: { type: integer }
                    shares:
                      type: array
                      description: "As they were configured, the first ones first"
                      items:
                        type: object
                        required: [since, share, arms]
                        properties:
                          since: { type: integer, description: "In milliseconds since 1970" }
                          share: { type: number }
                          arms: { type: array, items: { type: object, required: [name, share], properties: { name: { type: string }, share: { type: number } } } }
        """#
}

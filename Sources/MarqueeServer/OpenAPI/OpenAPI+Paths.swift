extension OpenAPI {
    /// What is there, and what it takes and gives.
    static let paths = #"""
        /api/health/live:
          get: { summary: "The process answers", security: [], responses: { "200": { $ref: "#/components/responses/Status" } } }
        /api/health/ready:
          get:
            summary: "The server may be sent traffic"
            security: []
            responses: { "200": { $ref: "#/components/responses/Status" }, "503": { $ref: "#/components/responses/Status" } }
        /metrics:
          get:
            summary: "Counters and histograms in Prometheus's text format"
            responses: { "200": { description: "The metrics", content: { text/plain: { schema: { type: string } } } } }
        /api/openapi.json:
          get:
            summary: "This document"
            security: []
            responses: { "200": { description: "The document", content: { application/json: { schema: { type: object } } } } }
        /api/docs:
          get:
            summary: "This document as a page"
            security: []
            responses: { "200": { description: "The page", content: { text/html: { schema: { type: string } } } } }
        /api/events:
          post:
            summary: "Sends events; on return they are on disk"
            requestBody:
              required: true
              content:
                application/json:
                  schema: { oneOf: [{ $ref: "#/components/schemas/Event" }, { type: array, items: { $ref: "#/components/schemas/Event" } }] }
                application/x-ndjson: { schema: { type: string, description: "An event a line" } }
            responses:
              "200": { $ref: "#/components/responses/Taken" }
              "400": { description: "None of the events is valid", content: { application/json: { schema: { anyOf: [{ $ref: "#/components/schemas/Taken" }, { $ref: "#/components/schemas/Error" }] } } } }
              "507": { $ref: "#/components/responses/Error" }
        /api/recommend/{user-id}:
          get:
            summary: "What somebody wants to see next; in gorse's form where X-API-Version, or a slash after the user, asks for it"
            parameters:
              - { $ref: "#/components/parameters/user-id" }
              - { $ref: "#/components/parameters/gorse-n" }
              - { $ref: "#/components/parameters/domain" }
              - { $ref: "#/components/parameters/category" }
              - { name: filter, in: query, description: "What is wanted of items: an ItemFilter as JSON", schema: { type: string } }
              - { name: device, in: query, description: "On which device, such as mobile", schema: { $ref: "#/components/schemas/Name" } }
              - { name: region, in: query, description: "Where somebody is", schema: { $ref: "#/components/schemas/Name" } }
              - { name: page, in: query, description: "Where the answer is shown, such as home", schema: { $ref: "#/components/schemas/Name" } }
              - { name: reasons, in: query, description: "Gives each item with what of the history speaks for it", schema: { $ref: "#/components/schemas/Flag" } }
              - { name: choices, in: query, description: "Lists whom the policy chose among", schema: { $ref: "#/components/schemas/Flag" } }
              - { $ref: "#/components/parameters/gorse-version" }
              - { $ref: "#/components/parameters/gorse-offset" }
              - { $ref: "#/components/parameters/write-back-type" }
              - { $ref: "#/components/parameters/write-back-delay" }
            responses: &recommendations { "200": { description: "A decision; in gorse's form a list", content: { application/json: { schema: { anyOf: [{ $ref: "#/components/schemas/Decision" }, { type: array, items: { anyOf: [{ type: string }, { $ref: "#/components/schemas/Score" }] } }] } } } } }
        /api/session/recommend:
          post:
            summary: "What somebody wants to see next who has touched these items, known or not; a list of feedback asks in gorse's form"
            parameters:
              - { $ref: "#/components/parameters/gorse-n" }
              - { $ref: "#/components/parameters/gorse-offset" }
              - { $ref: "#/components/parameters/category" }
            requestBody: { required: true, content: { application/json: { schema: { oneOf: [{ $ref: "#/components/schemas/Session" }, { type: array, items: { $ref: "#/components/schemas/SessionFeedback" } }] } } } }
            responses: *recommendations
        /api/session/recommend/{category}:
          post:
            summary: "What somebody wants to see next of a category who has touched these items, in gorse's form"
            parameters:
              - { name: category, in: path, required: true, schema: { $ref: "#/components/schemas/Name" } }
              - { $ref: "#/components/parameters/gorse-n" }
              - { $ref: "#/components/parameters/gorse-offset" }
            requestBody: { required: true, content: { application/json: { schema: { anyOf: [{ $ref: "#/components/schemas/SessionFeedback" }, { type: array, items: { $ref: "#/components/schemas/SessionFeedback" } }] } } } }
            responses: { "200": { $ref: "#/components/responses/Scores" } }
        /api/rank:
          post:
            summary: "Brings items in the order in which somebody wants to see them; what they consumed is ranked too"
            requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/Ranking" } } } }
            responses: { "200": { description: "A decision", content: { application/json: { schema: { $ref: "#/components/schemas/Decision" } } } } }
        /api/similar/{item-id}:
          get:
            summary: "Items like an item"
            parameters:
              - { $ref: "#/components/parameters/item-id" }
              - { $ref: "#/components/parameters/n" }
              - { name: by, in: query, description: "What is measured: model, as it knows items (what 'marquee similar' says), or people, by who touched both. The model's, where it knows which items are alike, else by people", schema: { enum: [model, people] } }
            responses: { "200": { $ref: "#/components/responses/Titles" }, "404": { $ref: "#/components/responses/Error" }, "422": { $ref: "#/components/responses/Error" } }
        /api/popular:
          get:
            summary: "What many touch now; in gorse's form where X-API-Version, or a slash at the end, asks for it"
            parameters:
              - { $ref: "#/components/parameters/gorse-n" }
              - { $ref: "#/components/parameters/gorse-offset" }
              - { $ref: "#/components/parameters/domain" }
              - { $ref: "#/components/parameters/category" }
              - { $ref: "#/components/parameters/left-out-user" }
              - { $ref: "#/components/parameters/gorse-version" }
            responses: { "200": { description: "The best first; the score is 1 for what was touched most in training", content: { application/json: { schema: { anyOf: [{ $ref: "#/components/schemas/Titles" }, { type: array, items: { $ref: "#/components/schemas/Score" } }] } } } } }
        /api/items:
          get:
            summary: "Items by id, a page at a time; in gorse's form where X-API-Version, q, an empty cursor or one of its own asks for it"
            parameters:
              - { $ref: "#/components/parameters/gorse-page-size" }
              - { $ref: "#/components/parameters/cursor" }
              - { name: q, in: query, description: "In gorse's form: items that have all of these words", schema: { type: string } }
              - { $ref: "#/components/parameters/gorse-version" }
            responses: { "200": { description: "A page", content: { application/json: { schema: { anyOf: [{ $ref: "#/components/schemas/ItemPage" }, { $ref: "#/components/schemas/GorsePage" }] } } } } }
          post:
            summary: "Adds or replaces one item or many, all or none"
            requestBody:
              required: true
              content:
                application/json:
                  schema: { anyOf: [{ $ref: "#/components/schemas/Item" }, { type: array, items: { $ref: "#/components/schemas/Item" } }, { type: array, minItems: 1, items: { $ref: "#/components/schemas/GorseItem" } }] }
            responses: &stored { "200": { description: "How many were stored", content: { application/json: { schema: { anyOf: [{ $ref: "#/components/schemas/Stored" }, { $ref: "#/components/schemas/RowAffected" }] } } } } }
          delete: { summary: "Deletes items", requestBody: &ids { required: true, content: { application/json: { schema: { anyOf: [{ $ref: "#/components/schemas/NameOrNumber" }, { type: array, items: { $ref: "#/components/schemas/NameOrNumber" } }] } } } }, responses: { "200": { $ref: "#/components/responses/Removed" } } }
        /api/items/{item-id}:
          get:
            summary: "An item"
            parameters: &item [{ $ref: "#/components/parameters/item-id" }]
            responses: &oneItem
              "200": { description: "The item", content: { application/json: { schema: { $ref: "#/components/schemas/Item" } } } }
              "404": { $ref: "#/components/responses/Error" }
          put:
            summary: "Adds or replaces an item"
            parameters: *item
            requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/Item" } } } }
            responses: { "200": { description: "The item", content: { application/json: { schema: { $ref: "#/components/schemas/Item" } } } } }
          patch:
            summary: "Changes the fields that are named; null clears one"
            parameters: *item
            requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/Change" } } } }
            responses: *oneItem
          delete:
            summary: "Deletes an item"
            parameters: *item
            responses: { "200": { $ref: "#/components/responses/Removed" }, "404": { $ref: "#/components/responses/Error" } }
        /api/users:
          get:
            summary: "Users by id, a page at a time; in gorse's form where X-API-Version, an empty cursor or one of its own asks for it"
            parameters: [{ $ref: "#/components/parameters/gorse-page-size" }, { $ref: "#/components/parameters/cursor" }, { $ref: "#/components/parameters/gorse-version" }]
            responses: { "200": { description: "A page", content: { application/json: { schema: { anyOf: [{ $ref: "#/components/schemas/UserPage" }, { $ref: "#/components/schemas/GorsePage" }] } } } } }
          post:
            summary: "Adds or replaces one user or many, all or none"
            requestBody:
              required: true
              content:
                application/json:
                  schema: { anyOf: [{ $ref: "#/components/schemas/User" }, { type: array, items: { $ref: "#/components/schemas/User" } }, { type: array, minItems: 1, items: { $ref: "#/components/schemas/GorseUser" } }] }
            responses: *stored
          delete: { summary: "Deletes users", requestBody: *ids, responses: { "200": { $ref: "#/components/responses/Removed" } } }
        /api/users/{user-id}:
          get:
            summary: "A user"
            parameters: &user [{ $ref: "#/components/parameters/user-id" }]
            responses: &oneUser
              "200": { description: "The user", content: { application/json: { schema: { $ref: "#/components/schemas/User" } } } }
              "404": { $ref: "#/components/responses/Error" }
          put:
            summary: "Adds or replaces a user"
            parameters: *user
            requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/User" } } } }
            responses: { "200": { description: "The user", content: { application/json: { schema: { $ref: "#/components/schemas/User" } } } } }
          patch:
            summary: "Changes the fields that are named; null clears one"
            parameters: *user
            requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/Change" } } } }
            responses: *oneUser
          delete:
            summary: "Takes a user out of the catalog; with erase=true out of events, memory, features, decisions and experiments too, and proves it"
            parameters: [{ $ref: "#/components/parameters/user-id" }, { name: erase, in: query, description: "Erase everything that is known of the user; the answer says per store how much there was and that nothing is found again", schema: { $ref: "#/components/schemas/Flag" } }]
            responses:
              "200": { description: "How many were removed, or what was erased", content: { application/json: { schema: { oneOf: [{ type: object, required: [removed], properties: { removed: { type: integer } } }, { $ref: "#/components/schemas/Erasure" }] } } } }
              "202": { description: "What was erased, and that something was found again: stores and traces say where, the first note how to go on", content: { application/json: { schema: { $ref: "#/components/schemas/Erasure" } } } }
              "404": { $ref: "#/components/responses/Error" }
        /api/users/{user-id}/feedback:
          get:
            summary: "What somebody did, as it stands"
            parameters: &userFeedback
              - { $ref: "#/components/parameters/user-id" }
              - { name: item, in: query, description: "Only with this item", schema: { $ref: "#/components/schemas/Name" } }
              - { name: type, in: query, description: "Only of this type, such as click", schema: { $ref: "#/components/schemas/Name" } }
            responses: { "200": { description: "In the order in which it was sent", content: { application/json: { schema: { $ref: "#/components/schemas/UserFeedback" } } } } }
          delete:
            summary: "Takes back what somebody did; from the answer on no decision knows of it"
            parameters: *userFeedback
            responses: { "200": { $ref: "#/components/responses/Removed" } }
        /api/experiments:
          get:
            summary: "The A/B experiments: arms with their rewards, sample-ratio check, intervals that hold at every look"
            responses: { "200": { description: "How they stand", content: { application/json: { schema: { $ref: "#/components/schemas/Experiments" } } } } }
        /api/model:
          get:
            summary: "The model at work"
            responses: { "200": { $ref: "#/components/responses/Model" }, "404": { $ref: "#/components/responses/Error" } }
          put:
            summary: "Puts a model to work"
            requestBody:
              required: true
              content:
                application/json:
                  schema: { type: object, required: [path], additionalProperties: false, properties: { path: { type: [string, integer], description: "A folder on the server" } } }
            responses: { "200": { $ref: "#/components/responses/Model" }, "422": { $ref: "#/components/responses/Error" } }
        """#
}

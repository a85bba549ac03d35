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
        /api/feedback:
          post: &feedback
            summary: "Sends feedback in gorse's form"
            requestBody:
              required: true
              content:
                application/json:
                  schema: { oneOf: [{ $ref: "#/components/schemas/Feedback" }, { type: array, items: { $ref: "#/components/schemas/Feedback" } }] }
            responses:
              "200": { description: "How many were new", content: { application/json: { schema: { $ref: "#/components/schemas/RowAffected" } } } }
              "507": { $ref: "#/components/responses/Error" }
          put: *feedback
        /api/recommend/{user-id}:
          get:
            summary: "What somebody wants to see next"
            parameters:
              - { $ref: "#/components/parameters/user-id" }
              - { $ref: "#/components/parameters/n" }
              - { $ref: "#/components/parameters/domain" }
              - { $ref: "#/components/parameters/category" }
              - { name: device, in: query, description: "On which device, such as mobile", schema: { $ref: "#/components/schemas/Name" } }
              - { name: region, in: query, description: "Where somebody is", schema: { $ref: "#/components/schemas/Name" } }
              - { name: page, in: query, description: "Where the answer is shown, such as home", schema: { $ref: "#/components/schemas/Name" } }
              - { name: reasons, in: query, description: "Gives each item with what of the history speaks for it", schema: { $ref: "#/components/schemas/Flag" } }
              - { name: choices, in: query, description: "Lists whom the policy chose among", schema: { $ref: "#/components/schemas/Flag" } }
            responses: { "200": { $ref: "#/components/responses/Recommendations" } }
        /api/session/recommend:
          post:
            summary: "What somebody wants to see next who has touched these items, known or not"
            requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/Session" } } } }
            responses: { "200": { $ref: "#/components/responses/Recommendations" } }
        /api/similar/{item-id}:
          get:
            summary: "Items like an item"
            parameters: [{ $ref: "#/components/parameters/item-id" }, { $ref: "#/components/parameters/n" }]
            responses: { "200": { $ref: "#/components/responses/Titles" }, "404": { $ref: "#/components/responses/Error" } }
        /api/popular:
          get:
            summary: "What many touch now"
            parameters: [{ $ref: "#/components/parameters/n" }, { $ref: "#/components/parameters/domain" }, { $ref: "#/components/parameters/category" }]
            responses: { "200": { $ref: "#/components/responses/Titles" } }
        /api/items:
          get:
            summary: "Items by id, a page at a time"
            parameters: [{ $ref: "#/components/parameters/page-size" }, { $ref: "#/components/parameters/cursor" }]
            responses: { "200": { description: "A page", content: { application/json: { schema: { $ref: "#/components/schemas/ItemPage" } } } } }
          post:
            summary: "Adds or replaces one item or many, all or none"
            requestBody:
              required: true
              content:
                application/json:
                  schema: { oneOf: [{ $ref: "#/components/schemas/Item" }, { type: array, items: { $ref: "#/components/schemas/Item" } }] }
            responses: { "200": { $ref: "#/components/responses/Stored" } }
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
          delete:
            summary: "Deletes an item"
            parameters: *item
            responses: { "200": { $ref: "#/components/responses/Removed" }, "404": { $ref: "#/components/responses/Error" } }
        /api/users:
          get:
            summary: "Users by id, a page at a time"
            parameters: [{ $ref: "#/components/parameters/page-size" }, { $ref: "#/components/parameters/cursor" }]
            responses: { "200": { description: "A page", content: { application/json: { schema: { $ref: "#/components/schemas/UserPage" } } } } }
          post:
            summary: "Adds or replaces one user or many, all or none"
            requestBody:
              required: true
              content:
                application/json:
                  schema: { oneOf: [{ $ref: "#/components/schemas/User" }, { type: array, items: { $ref: "#/components/schemas/User" } }] }
            responses: { "200": { $ref: "#/components/responses/Stored" } }
        /api/users/{user-id}:
          get:
            summary: "A user"
            parameters: &user [{ $ref: "#/components/parameters/user-id" }]
            responses:
              "200": { description: "The user", content: { application/json: { schema: { $ref: "#/components/schemas/User" } } } }
              "404": { $ref: "#/components/responses/Error" }
          put:
            summary: "Adds or replaces a user"
            parameters: *user
            requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/User" } } } }
            responses: { "200": { description: "The user", content: { application/json: { schema: { $ref: "#/components/schemas/User" } } } } }
          delete:
            summary: "Deletes a user"
            parameters: *user
            responses: { "200": { $ref: "#/components/responses/Removed" }, "404": { $ref: "#/components/responses/Error" } }
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

extension OpenAPI {
    /// What is there in gorse's form alone. Where both have a path, ``paths`` says what gorse's form takes.
    static let gorsePaths = #"""
        /api/feedback:
          get:
            summary: "Feedback in gorse's form, a page at a time"
            parameters: &page [{ $ref: "#/components/parameters/gorse-page-size" }, { $ref: "#/components/parameters/gorse-cursor" }]
            responses: &feedbackPage { "200": { description: "A page", content: { application/json: { schema: { $ref: "#/components/schemas/FeedbackPage" } } } } }
          post: &send
            summary: "Sends feedback in gorse's form. What was sent of the same type, user and item is changed; a row that is wrong refuses itself alone"
            requestBody:
              required: true
              content:
                application/json:
                  schema: { oneOf: [{ $ref: "#/components/schemas/Feedback" }, { type: array, items: { $ref: "#/components/schemas/Feedback" } }] }
            responses: &changed
              "200": { description: "How many were new or changed, and which rows were refused", content: { application/json: { schema: { $ref: "#/components/schemas/RowAffected" } } } }
              "507": { $ref: "#/components/responses/Error" }
          put: *send
        /api/feedback/{first}:
          get:
            summary: "Feedback of the type 'first', in gorse's form, a page at a time"
            parameters: [&first { name: first, in: path, required: true, schema: { $ref: "#/components/schemas/Name" } }, { $ref: "#/components/parameters/gorse-page-size" }, { $ref: "#/components/parameters/gorse-cursor" }]
            responses: *feedbackPage
        /api/feedback/{first}/{second}:
          get:
            summary: "Feedback of the user 'first' about the item 'second', in gorse's form"
            parameters: &pair [*first, &second { name: second, in: path, required: true, schema: { $ref: "#/components/schemas/Name" } }]
            responses: &feedbackList { "200": { description: "In the order in which it was sent", content: { application/json: { schema: { type: array, items: { $ref: "#/components/schemas/Feedback" } } } } } }
          delete: { summary: "Takes back what the user 'first' did with the item 'second'", parameters: *pair, responses: *changed }
        /api/feedback/{first}/{second}/{third}:
          get:
            summary: "Feedback of the type 'first' of the user 'second' about the item 'third', in gorse's form"
            parameters: &triple [*first, *second, { name: third, in: path, required: true, schema: { $ref: "#/components/schemas/Name" } }]
            responses: { "200": { description: "The feedback", content: { application/json: { schema: { $ref: "#/components/schemas/Feedback" } } } }, "404": { $ref: "#/components/responses/Error" } }
          delete: { summary: "Takes back feedback of the type 'first' of the user 'second' about the item 'third'", parameters: *triple, responses: *changed }
        /api/item:
          post: { summary: "Adds or replaces an item, in gorse's form", requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/GorseItem" } } } }, responses: *changed }
        /api/item/{item-id}:
          get:
            summary: "An item, in gorse's form"
            parameters: &item [{ $ref: "#/components/parameters/item-id" }]
            responses: { "200": { description: "The item", content: { application/json: { schema: { $ref: "#/components/schemas/GorseItem" } } } }, "404": { $ref: "#/components/responses/Error" } }
          patch:
            summary: "Changes the fields that are given and not null, in gorse's form"
            parameters: *item
            requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/GorseItemChange" } } } }
            responses: &found
              "200": { description: "That it was changed", content: { application/json: { schema: { $ref: "#/components/schemas/RowAffected" } } } }
              "404": { $ref: "#/components/responses/Error" }
          delete: { summary: "Deletes an item, in gorse's form", parameters: *item, responses: *changed }
        /api/item/{item-id}/category/{category}:
          put: { summary: "Adds a category to an item", parameters: &itemCategory [{ $ref: "#/components/parameters/item-id" }, &category { name: category, in: path, required: true, schema: { $ref: "#/components/schemas/Name" } }], responses: *found }
          delete: { summary: "Takes a category from an item", parameters: *itemCategory, responses: *found }
        /api/item/{item-id}/feedback:
          get: { summary: "Feedback about an item, in gorse's form", parameters: *item, responses: *feedbackList }
        /api/item/{item-id}/feedback/{feedback-type}:
          get: { summary: "Feedback of a type about an item, in gorse's form", parameters: [{ $ref: "#/components/parameters/item-id" }, &feedbackType { name: feedback-type, in: path, required: true, schema: { $ref: "#/components/schemas/Name" } }], responses: *feedbackList }
        /api/item/{item-id}/neighbors:
          get:
            summary: "Items like an item, in gorse's form; the score is 1 / place"
            parameters: [{ $ref: "#/components/parameters/item-id" }, { $ref: "#/components/parameters/gorse-n" }, { $ref: "#/components/parameters/gorse-offset" }]
            responses: { "200": { $ref: "#/components/responses/Scores" }, "404": { $ref: "#/components/responses/Error" } }
        /api/user:
          post: { summary: "Adds or replaces a user, in gorse's form", requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/GorseUser" } } } }, responses: *changed }
        /api/user/{user-id}:
          get:
            summary: "A user, in gorse's form"
            parameters: &user [{ $ref: "#/components/parameters/user-id" }]
            responses: { "200": { description: "The user", content: { application/json: { schema: { $ref: "#/components/schemas/GorseUser" } } } }, "404": { $ref: "#/components/responses/Error" } }
          patch:
            summary: "Changes the fields that are given and not null, in gorse's form"
            parameters: *user
            requestBody: { required: true, content: { application/json: { schema: { $ref: "#/components/schemas/GorseUserChange" } } } }
            responses: *found
          delete: { summary: "Deletes a user and takes back what they did, in gorse's form", parameters: *user, responses: *changed }
        /api/user/{user-id}/feedback:
          get: { summary: "What somebody did, in gorse's form", parameters: *user, responses: *feedbackList }
        /api/user/{user-id}/feedback/{feedback-type}:
          get: { summary: "What somebody did of a type, in gorse's form", parameters: [{ $ref: "#/components/parameters/user-id" }, *feedbackType], responses: *feedbackList }
        /api/user/{user-id}/neighbors:
          get:
            summary: "People like somebody, in gorse's form; the score is the cosine of what both did"
            parameters: [{ $ref: "#/components/parameters/user-id" }, { $ref: "#/components/parameters/gorse-n" }, { $ref: "#/components/parameters/gorse-offset" }]
            responses: { "200": { $ref: "#/components/responses/Scores" } }
        /api/recommend/{user-id}/{category}:
          get:
            summary: "What somebody wants to see next of a category, in gorse's form"
            parameters:
              - { $ref: "#/components/parameters/user-id" }
              - *category
              - { $ref: "#/components/parameters/gorse-n" }
              - { $ref: "#/components/parameters/gorse-offset" }
              - { name: category, in: query, description: "Where the path has none", schema: { $ref: "#/components/schemas/Name" } }
              - { $ref: "#/components/parameters/write-back-type" }
              - { $ref: "#/components/parameters/write-back-delay" }
              - { $ref: "#/components/parameters/gorse-version" }
            responses: { "200": { description: "Ids, the best first, with scores in version 2", content: { application/json: { schema: { type: array, items: { anyOf: [{ type: string }, { $ref: "#/components/schemas/Score" }] } } } } } }
        """#

    /// What several of gorse's paths share.
    static let gorseComponents = #"""
        parameters:
          gorse-n: { name: n, in: query, description: "How many; 10 where it is left out or 0", schema: { type: integer, minimum: 0, maximum: 100 } }
          gorse-offset: { name: offset, in: query, description: "How many are left out first", schema: { type: integer, minimum: 0, maximum: 100 } }
          gorse-page-size: { name: n, in: query, description: "How many a page has; 10 where it is left out or 0", schema: { type: integer, minimum: 0, maximum: 10000 } }
          gorse-cursor: { name: cursor, in: query, description: "The cursor of the page before", schema: { type: string } }
          gorse-version: { name: X-API-Version, in: header, description: "Asks for gorse's form: 2 gives scores, 1 ids alone", schema: { enum: ["1", "2"] } }
          write-back-type: { name: write-back-type, in: query, description: "In gorse's form: each item is noted as feedback of this type", schema: { type: string } }
          write-back-delay: { name: write-back-delay, in: query, description: "In gorse's form: it is noted after this time, such as 10m", schema: { type: string } }
        responses:
          Scores: { description: "The best first", content: { application/json: { schema: { type: array, items: { $ref: "#/components/schemas/Score" } } } } }
        schemas:
          Score: { type: object, required: [Id, Score], properties: { Id: { type: string }, Score: { type: number } } }
          Feedback:
            description: "Names of fields are taken in any case; what is null is not said"
            type: object
            required: [FeedbackType, UserId, ItemId]
            additionalProperties: false
            properties:
              FeedbackType: { type: [string, integer], description: "read and watch (a view), star, like and love (a favorite), buy, rate, dislike (hides), exposure, or the name of an event" }
              UserId: { $ref: "#/components/schemas/NameOrNumber" }
              ItemId: { $ref: "#/components/schemas/NameOrNumber" }
              Value: { type: [number, "null"], description: "Stars of a rating, seconds of a view; 0 where there is none" }
              Timestamp: { $ref: "#/components/schemas/GorseTime" }
              Comment: { type: [string, integer, "null"] }
              Updated: { description: "gorse's own; means nothing here" }
          FeedbackPage: { type: object, required: [Cursor, Feedback], properties: { Cursor: { type: string, description: "Of the next page; empty after the last" }, Feedback: { type: array, items: { $ref: "#/components/schemas/Feedback" } } } }
          GorseTime: { description: "RFC 3339, a date and time without a zone (UTC), a date, or seconds to nanoseconds since 1970", type: [string, number, "null"] }
          GorseItem:
            type: object
            required: [ItemId]
            additionalProperties: false
            properties: &gorseItem
              ItemId: { $ref: "#/components/schemas/NameOrNumber" }
              IsHidden: { type: [boolean, "null"] }
              Categories: { type: [array, "null"], maxItems: 64, items: { $ref: "#/components/schemas/Name" } }
              Timestamp: { $ref: "#/components/schemas/GorseTime" }
              Labels: { description: "Any JSON" }
              Comment: { type: [string, integer, "null"], maxLength: 4096, description: "The item's title" }
          GorseItemChange: { type: object, additionalProperties: false, properties: *gorseItem }
          GorseUser:
            type: object
            required: [UserId]
            additionalProperties: false
            properties: &gorseUser
              UserId: { $ref: "#/components/schemas/NameOrNumber" }
              Labels: { description: "Any JSON" }
              Comment: { type: [string, integer, "null"] }
              Subscribe: { description: "gorse's own; means nothing here" }
          GorseUserChange: { type: object, additionalProperties: false, properties: *gorseUser }
          RowAffected:
            type: object
            required: [RowAffected]
            properties:
              RowAffected: { type: integer }
              Rejected: { type: array, items: { type: object, required: [Index, Problem], properties: { Index: { type: integer, description: "Counted from 0" }, Problem: { type: string } } } }
          GorsePage:
            type: object
            required: [Cursor]
            properties: { Cursor: { type: string }, Items: { type: array, items: { $ref: "#/components/schemas/GorseItem" } }, Users: { type: array, items: { $ref: "#/components/schemas/GorseUser" } } }
        """#
}

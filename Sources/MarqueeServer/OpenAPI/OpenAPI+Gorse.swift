extension OpenAPI {
    /// What is there in gorse's form alone. Where both have a path, ``paths`` says what gorse's form takes.
    static let gorsePaths = #"""
        /api/feedback:
          get:
            summary: "Feedback in gorse's form, a page at a time"
            parameters: &page [{ $ref: "#/components/parameters/gorse-page-size" }, { $ref: "#/components/parameters/cursor" }]
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
            parameters: [&first { name: first, in: path, required: true, schema: { $ref: "#/components/schemas/Name" } }, { $ref: "#/components/parameters/gorse-page-size" }, { $ref: "#/components/parameters/cursor" }]
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
            summary: "Items like an item, in gorse's form; the scores are those of /api/similar"
            parameters: [{ $ref: "#/components/parameters/item-id" }, { $ref: "#/components/parameters/gorse-n" }, { $ref: "#/components/parameters/gorse-offset" }]
            responses: { "200": { $ref: "#/components/responses/Scores" }, "404": { $ref: "#/components/responses/Error" } }
        /api/item/{item-id}/neighbors/{category}:
          get:
            summary: "Items of a category like an item, in gorse's form"
            parameters: [{ $ref: "#/components/parameters/item-id" }, *category, { $ref: "#/components/parameters/gorse-n" }, { $ref: "#/components/parameters/gorse-offset" }]
            responses: { "200": { $ref: "#/components/responses/Scores" }, "404": { $ref: "#/components/responses/Error" } }
        /api/popular/{category}:
          get:
            summary: "What many touch now of a category, in gorse's form"
            parameters: &listOfCategory [*category, { $ref: "#/components/parameters/gorse-n" }, { $ref: "#/components/parameters/gorse-offset" }, { $ref: "#/components/parameters/left-out-user" }]
            responses: { "200": { $ref: "#/components/responses/Scores" } }
        /api/latest:
          get:
            summary: "What appeared last, in gorse's form; the score is when, in seconds since 1970"
            parameters: [{ $ref: "#/components/parameters/category" }, { $ref: "#/components/parameters/gorse-n" }, { $ref: "#/components/parameters/gorse-offset" }, { $ref: "#/components/parameters/left-out-user" }]
            responses: { "200": { $ref: "#/components/responses/Scores" } }
        /api/latest/{category}:
          get:
            summary: "What appeared last of a category, in gorse's form"
            parameters: *listOfCategory
            responses: { "200": { $ref: "#/components/responses/Scores" } }
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
              - { $ref: "#/components/parameters/write-back-type" }
              - { $ref: "#/components/parameters/write-back-delay" }
              - { $ref: "#/components/parameters/gorse-version" }
            responses: { "200": { description: "Ids, the best first, with scores in version 2", content: { application/json: { schema: { type: array, items: { anyOf: [{ type: string }, { $ref: "#/components/schemas/Score" }] } } } } } }
        """#

    /// What several of gorse's paths share.
    static let gorseComponents = #"""
        parameters:
          gorse-n: { name: n, in: query, description: "How many; in gorse's form 10 where it is left out or 0", schema: { type: integer, minimum: 0, maximum: 100 } }
          gorse-offset: { name: offset, in: query, description: "How many are left out first", schema: { type: integer, minimum: 0, maximum: 100 } }
          gorse-page-size: { name: n, in: query, description: "How many a page has; in gorse's form 10 where it is left out or 0, in the own form 1000 at most and 100 where it is left out", schema: { type: integer, minimum: 0, maximum: 10000 } }
          left-out-user: { name: user-id, in: query, description: "Leaves out what this user touched", schema: { $ref: "#/components/schemas/Name" } }
          gorse-version: { name: X-API-Version, in: header, description: "Asks for gorse's form: 2 gives scores, 1 ids alone", schema: { enum: ["1", "2"] } }
          write-back-type: { name: write-back-type, in: query, description: "In gorse's form: each item is noted as feedback of this type; the name of nothing where it is empty", schema: { type: string, maxLength: 256, pattern: "^[^\\x00-\\x1F\\x7F]*$" } }
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
            properties: &feedback
              FeedbackType: { $ref: "#/components/schemas/FeedbackType" }
              UserId: { $ref: "#/components/schemas/NameOrNumber" }
              ItemId: { $ref: "#/components/schemas/NameOrNumber" }
              Value: { type: [number, "null"], description: "Stars of a rating, seconds of a view; 0 where there is none" }
              Timestamp: { $ref: "#/components/schemas/GorseTime" }
              Comment: { type: [string, integer, "null"] }
              Updated: { description: "gorse's own; means nothing here" }
          SessionFeedback:
            description: "As Feedback; only the item and the time matter"
            type: object
            required: [ItemId]
            additionalProperties: false
            properties: { <<: *feedback, FeedbackType: { type: [string, integer, "null"] }, UserId: { type: [string, integer, "null"] } }
          FeedbackType:
            description: "Any name, kept and read again under it. read and watch are a view, star, like and love a favorite, buy a purchase, rate a rating, dislike hides, exposure is an impression; the names of events are themselves; the settings gorse.feedback and gorse.other-feedback say what any other is, a click unless they do"
            type: [string, integer]
            minLength: 1
            maxLength: 256
            pattern: "^[^\\x00-\\x1F\\x7F]+$"
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
          GorseItemChange: { type: object, additionalProperties: false, properties: { <<: *gorseItem, ItemId: { $ref: "#/components/schemas/NullableNameOrNumber" } } }
          GorseUser:
            type: object
            required: [UserId]
            additionalProperties: false
            properties: &gorseUser
              UserId: { $ref: "#/components/schemas/NameOrNumber" }
              Labels: { description: "Any JSON" }
              Comment: { type: [string, integer, "null"] }
              Subscribe: { description: "gorse's own; means nothing here" }
          GorseUserChange: { type: object, additionalProperties: false, properties: { <<: *gorseUser, UserId: { $ref: "#/components/schemas/NullableNameOrNumber" } } }
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

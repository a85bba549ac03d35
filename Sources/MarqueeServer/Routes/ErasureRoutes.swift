internal import HTTPTypes
internal import Hummingbird
internal import MarqueeLive

/// `DELETE /api/users/{user-id}`: takes a user out of the catalog, and with `erase=true` out of everything, with a proof.
struct ErasureRoutes {
    let loop: LiveLoop

    func add(to routes: Endpoints) {
        routes.on(.delete, "users/:user-id", query: { try $0.flag("erase") }) { _, context, erases in
            let id = try Request.name(context, "user-id")
            guard erases else {
                guard try await loop.catalog.removeUsers([id]) == 1 else {
                    throw HTTPError(.notFound, message: "there is no user '\(id)'")
                }
                return JSONText.response("{\"removed\":1}")
            }
            let erasure = try await loop.erase(user: id)
            return try JSONText.response(encoding: erasure, status: erasure.isComplete ? .ok : .accepted)
        }
    }
}

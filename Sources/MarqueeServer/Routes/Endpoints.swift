internal import HTTPTypes
internal import Hummingbird

/// Where routes are added: each says who may ask and what its query may have, and answers nobody else and nothing else.
///
///     routes.on(.get, "items/:item-id") { request, context in … }
///     routes.on(.get, "items", query: { try $0.text("cursor") }) { request, context, cursor in … }
struct Endpoints {
    private let router: Router<BasicRequestContext>
    private let access: Access
    private let added: Added
    private let prefix: String
    /// What a key must be allowed; nil for everybody.
    private let scope: Scope?

    /// The routes that were added, by path and method.
    private final class Added {
        var all: [Endpoint] = []
    }

    init(_ router: Router<BasicRequestContext>, access: Access) {
        (self.router, self.access, added, prefix, scope) = (router, access, Added(), "", nil)
    }

    private init(_ whole: Endpoints, prefix: String, scope: Scope?) {
        (router, access, added, self.prefix, self.scope) = (whole.router, whole.access, whole.added, prefix, scope)
    }

    /// Where routes below a path are added that want a scope.
    func below(_ prefix: String, for scope: Scope?) -> Endpoints {
        Endpoints(self, prefix: "\(self.prefix)\(prefix)/", scope: scope)
    }

    /// A route whose query says nothing.
    func on(
        _ method: HTTPRequest.Method, _ path: String,
        _ answer: @escaping @Sendable (Request, BasicRequestContext) async throws -> Response
    ) {
        let (access, scope, query) = (access, scope, RouteQuery { _ in })
        add(method, path, keys: []) { request, context in
            try access.admit(request, for: scope)
            try query.values(of: request)
            return try await answer(request, context)
        }
    }

    /// - Parameter query: reads the query; the keys that it asks for are the route's.
    func on<Values: Sendable>(
        _ method: HTTPRequest.Method, _ path: String,
        query: @escaping @Sendable (inout QueryReader) throws -> Values,
        _ answer: @escaping @Sendable (Request, BasicRequestContext, Values) async throws -> Response
    ) {
        let (access, scope, query) = (access, scope, RouteQuery(query))
        add(method, path, keys: query.keys) { request, context in
            try access.admit(request, for: scope)
            return try await answer(request, context, try query.values(of: request))
        }
    }

    private func add(
        _ method: HTTPRequest.Method, _ path: String, keys: [String],
        _ answer: @escaping @Sendable (Request, BasicRequestContext) async throws -> Response
    ) {
        let path = RouterPath("\(prefix)\(path)")
        added.all.append(Endpoint(method: method, path: path, queryKeys: keys, scope: scope))
        router.on(path, method: method, use: answer)
    }

    /// Everything that was added.
    var all: [Endpoint] { added.all }

    /// Tells what a path does not do from what is not there. Of the routes added so far; HEAD goes with GET.
    func refuseOtherMethods() {
        for (path, endpoints) in Dictionary(grouping: added.all, by: \.path.description) {
            var methods = endpoints.map(\.method)
            if methods.contains(.get) { methods.append(.head) }
            let allowed = methods.map(\.rawValue).sorted().joined(separator: ", ")
            let others =
                [.get, .put, .post, .patch, .delete, .head, .options, .trace, .connect]
                + [HTTPRequest.Method("QUERY")].compactMap(\.self)
            for method in others where !methods.contains(method) {
                router.on(RouterPath(path), method: method) { _, _ -> Response in
                    throw HTTPError(
                        .methodNotAllowed, headers: [.allow: allowed], message: "this path takes \(allowed)")
                }
            }
        }
    }
}

/// A route: what is asked for by which method, and by whom.
struct Endpoint {
    let method: HTTPRequest.Method
    let path: RouterPath
    /// What its query may have.
    let queryKeys: [String]
    /// What a key must be allowed; nil for everybody.
    let scope: Scope?
}

internal import Foundation
internal import Hummingbird
internal import MarqueeLive

/// `GET` and `PUT /api/model`: the model at work.
struct ModelRoutes {
    let loop: LiveLoop
    let reader: BodyReader

    private struct Place: Decodable { var path: String }

    func add(to routes: Endpoints) {
        routes.on(.get, "model") { _, _ in
            guard let model = loop.model else { throw HTTPError(.notFound, message: "no model is deployed") }
            return answer(model)
        }
        routes.on(.put, "model") { request, _ in
            let place = try reader.decode(Place.self, try await reader.bytes(request))
            try await loop.deploy(URL(fileURLWithPath: place.path))
            guard let model = loop.model else { throw HTTPError(.notFound, message: "no model is deployed") }
            return answer(model)
        }
    }

    private func answer(_ model: DeployedModel) -> Response {
        var json = JSONWriter()
        json.object {
            $0.write("version", model.version)
            $0.write("kind", model.kind)
            if let folder = model.folder { $0.write("path", folder.path) }
        }
        return JSONText.response(json)
    }
}

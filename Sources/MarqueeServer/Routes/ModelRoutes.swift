internal import Foundation
internal import Hummingbird
internal import MarqueeLive
internal import MarqueeRuntime

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
            do { try await loop.deploy(URL(fileURLWithPath: place.path)) } catch let error as FileError {
                // Of the folder that was named, and not of the server's own.
                throw HTTPError(.unprocessableContent, message: "\(error)")
            }
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

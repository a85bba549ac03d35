internal import HTTPTypes
internal import NIOCore
internal import NIOHTTPTypes

/// Asks for the body that a client keeps back until it is asked, `Expect: 100-continue`; unless its length says already
/// that it is too large.
final class ContinueHandler: ChannelInboundHandler, RemovableChannelHandler {
    typealias InboundIn = HTTPRequestPart
    typealias InboundOut = HTTPRequestPart
    typealias OutboundOut = HTTPResponsePart

    private let maxBody: Int

    init(maxBody: Int) { self.maxBody = maxBody }

    func channelRead(context: ChannelHandlerContext, data: NIOAny) {
        if case .head(let head) = unwrapInboundIn(data), head.waitsToBeAsked,
            head.headerFields[.contentLength].flatMap(Int.init).map({ $0 <= maxBody }) ?? true
        {
            context.writeAndFlush(wrapOutboundOut(.head(HTTPResponse(status: .continue))), promise: nil)
        }
        context.fireChannelRead(data)
    }
}

extension HTTPRequest {
    /// Whether the body comes only once it was asked for.
    var waitsToBeAsked: Bool { headerFields[.expect]?.lowercased() == "100-continue" }
}

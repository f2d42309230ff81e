import Messages
import NIOCore
import NIOHTTP1

extension Problem {
    /// Writes the answer on a connection that has no router yet. The caller closes the connection after it.
    func write(to channel: any Channel) -> EventLoopFuture<Void> {
        let body = document(trace: .generate())
        var head = HTTPResponseHead(version: .http1_1, status: .init(statusCode: status.code))
        head.headers.add(name: "content-type", value: "application/problem+json")
        head.headers.add(name: "content-length", value: String(body.readableBytes))
        head.headers.add(name: "connection", value: "close")
        channel.write(HTTPServerResponsePart.head(head), promise: nil)
        channel.write(HTTPServerResponsePart.body(.byteBuffer(body)), promise: nil)
        return channel.writeAndFlush(HTTPServerResponsePart.end(nil))
    }
}

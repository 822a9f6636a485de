package io.pilothouse.scheduler.http;

import com.google.protobuf.Message;
import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.handler.codec.http.DefaultFullHttpResponse;
import io.netty.handler.codec.http.DefaultHttpResponse;
import io.netty.handler.codec.http.FullHttpRequest;
import io.netty.handler.codec.http.HttpHeaderNames;
import io.netty.handler.codec.http.HttpHeaderValues;
import io.netty.handler.codec.http.HttpResponse;
import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.HttpVersion;
import io.netty.handler.codec.http.QueryStringDecoder;
import io.netty.util.CharsetUtil;
import io.pilothouse.mesos.MediaType;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** One request, which is answered once, from any thread. */
final class Exchange {
  private final ChannelHandlerContext context;
  private final Runnable answered;
  private final String method;
  private final String path;
  private final String uri;
  private final io.netty.handler.codec.http.HttpHeaders headers;
  private final byte[] body;

  /** Copies what it needs of the request, which is the caller's. */
  Exchange(ChannelHandlerContext context, FullHttpRequest request, Runnable answered) {
    this.context = context;
    this.answered = answered;
    this.method = request.method().name();
    this.uri = request.uri();
    this.path = new QueryStringDecoder(request.uri()).path();
    this.headers = request.headers();
    this.body = new byte[request.content().readableBytes()];
    request.content().getBytes(request.content().readerIndex(), body);
  }

  String method() {
    return method;
  }

  String path() {
    return path;
  }

  String uri() {
    return uri;
  }

  byte[] body() {
    return body;
  }

  /** Of the query; the first of several. One that cannot be decoded is none. */
  Optional<String> parameter(String name) {
    return first(new QueryStringDecoder(uri), name);
  }

  /** The same of a body that is a form. */
  Optional<String> formField(String name) {
    return first(new QueryStringDecoder(new String(body, CharsetUtil.UTF_8), false), name);
  }

  private static Optional<String> first(QueryStringDecoder of, String name) {
    try {
      return Optional.ofNullable(of.parameters().get(name)).map(all -> all.get(0));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  Optional<String> header(String name) {
    return Optional.ofNullable(headers.get(name));
  }

  List<String> headers(String name) {
    return headers.getAll(name);
  }

  void text(int status, String text) {
    text(status, text, Map.of());
  }

  void text(int status, String text, Map<String, String> more) {
    send(status, "text/plain; charset=utf-8", text.getBytes(CharsetUtil.UTF_8), more);
  }

  void json(byte[] document) {
    send(200, MediaType.JSON.header(), document, Map.of());
  }

  void message(MediaType type, Message message) {
    send(200, type.header(), type.write(message), Map.of());
  }

  private void send(int status, String type, byte[] content, Map<String, String> more) {
    DefaultFullHttpResponse response =
        new DefaultFullHttpResponse(
            HttpVersion.HTTP_1_1,
            HttpResponseStatus.valueOf(status),
            Unpooled.wrappedBuffer(content));
    response.headers().set(HttpHeaderNames.CONTENT_LENGTH, content.length);
    if (content.length > 0) {
      response.headers().set(HttpHeaderNames.CONTENT_TYPE, type);
    }
    more.forEach((name, value) -> response.headers().set(name, value));
    context
        .executor()
        .execute(
            () -> {
              var unused = context.writeAndFlush(response);
              answered.run();
            });
  }

  /** Work for the answer that no other thread should do. */
  void later(Runnable work) {
    context.executor().execute(work);
  }

  /** Answers 200 and keeps the connection for a stream of records. On the connection's thread. */
  EventStream stream(MediaType type, Map<String, String> more, long mostWaiting) {
    HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, type.header());
    response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    more.forEach((name, value) -> response.headers().set(name, value));
    Streams.mayBeSilent(context.channel());
    var unused = context.writeAndFlush(response);
    return new EventStream(context.channel(), type, mostWaiting);
  }
}

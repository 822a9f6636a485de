package io.pilothouse.mesos.http;

import static java.nio.charset.StandardCharsets.UTF_8;

import com.google.protobuf.Message;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
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
import io.pilothouse.mesos.MediaType;
import io.pilothouse.mesos.Printable;
import java.net.InetSocketAddress;
import java.net.SocketAddress;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import org.jspecify.annotations.Nullable;

/** One request, which is answered once, from any thread. */
public final class Exchange {
  private final ChannelHandlerContext context;
  private final Runnable answered;
  private final Runnable streaming;
  private final String method;
  private final String path;
  private final String uri;
  private final io.netty.handler.codec.http.HttpHeaders headers;
  private final byte[] body;
  private final CompletableFuture<Void> written = new CompletableFuture<>();

  /**
   * Copies what it needs of the request, which is the caller's.
   *
   * @param answered run on the connection's thread when the answer is on its way
   * @param streaming run, on any thread, when the connection becomes a stream
   */
  Exchange(
      ChannelHandlerContext context,
      FullHttpRequest request,
      Runnable answered,
      Runnable streaming) {
    this.context = context;
    this.answered = answered;
    this.streaming = streaming;
    this.method = request.method().name();
    this.uri = request.uri();
    this.path = path(uri);
    this.headers = request.headers();
    this.body = new byte[request.content().readableBytes()];
    request.content().getBytes(request.content().readerIndex(), body);
  }

  /** One that cannot be decoded is as it was written: nothing is there. */
  private static String path(String uri) {
    QueryStringDecoder decoder = new QueryStringDecoder(uri);
    try {
      return decoder.path();
    } catch (IllegalArgumentException e) {
      return decoder.rawPath();
    }
  }

  public String method() {
    return method;
  }

  public String path() {
    return path;
  }

  public String uri() {
    return uri;
  }

  /** The caller's end of the connection; empty when that is gone. */
  public Optional<InetSocketAddress> caller() {
    return end(context.channel().remoteAddress());
  }

  /** The other end, which is here; empty when the connection is gone. */
  public Optional<InetSocketAddress> called() {
    return end(context.channel().localAddress());
  }

  private static Optional<InetSocketAddress> end(@Nullable SocketAddress address) {
    return address instanceof InetSocketAddress internet ? Optional.of(internet) : Optional.empty();
  }

  public byte[] body() {
    return body;
  }

  /** Of the query; the first of several. One that cannot be decoded is none. */
  public Optional<String> parameter(String name) {
    return first(new QueryStringDecoder(uri), name);
  }

  /** The same of a body that is a form. */
  public Optional<String> formField(String name) {
    return first(new QueryStringDecoder(new String(body, UTF_8), false), name);
  }

  private static Optional<String> first(QueryStringDecoder of, String name) {
    try {
      return Optional.ofNullable(of.parameters().get(name)).map(all -> all.get(0));
    } catch (IllegalArgumentException e) {
      return Optional.empty();
    }
  }

  public Optional<String> header(String name) {
    return Optional.ofNullable(headers.get(name));
  }

  public List<String> headers(String name) {
    return headers.getAll(name);
  }

  public void text(int status, String text) {
    text(status, text, Map.of());
  }

  public void text(int status, String text, Map<String, String> more) {
    send(status, "text/plain; charset=utf-8", words(status, text).getBytes(UTF_8), more);
  }

  /** A refusal may quote what it refuses, and clients write it into their logs. */
  private static String words(int status, String text) {
    return status < 400
        ? text
        : Printable.of(text.stripTrailing()) + (text.endsWith("\n") ? "\n" : "");
  }

  public void json(byte[] document) {
    send(200, MediaType.JSON.header(), document, Map.of());
  }

  public void message(MediaType type, Message message) {
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
              var unused =
                  context
                      .writeAndFlush(response)
                      .addListener(
                          done -> {
                            if (!done.isSuccess()) {
                              cut(); // its reader would wait for it
                            }
                            written.complete(null);
                          });
              answered.run();
            });
  }

  /**
   * Completes when the answer has left this process, or its reader is gone: its memory is free
   * then. Not of a stream, nor of a download.
   */
  public CompletableFuture<Void> written() {
    return written.copy();
  }

  /** The connection ends, whatever of the answer has not been read. */
  public void cut() {
    var unused = context.close();
  }

  /** Work for the answer that no other thread should do. */
  public void later(Runnable work) {
    context.executor().execute(work);
  }

  /** Answers 200 and keeps the connection for a stream of records. */
  public EventStream stream(MediaType type, Map<String, String> more, EventStream.Room room) {
    HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, type.header());
    response.headers().set(HttpHeaderNames.TRANSFER_ENCODING, HttpHeaderValues.CHUNKED);
    // its end is the connection's: a reader that is not told may send its next call there
    response.headers().set(HttpHeaderNames.CONNECTION, HttpHeaderValues.CLOSE);
    more.forEach((name, value) -> response.headers().set(name, value));
    mayBeSilent(context.channel());
    streaming.run();
    var unused = context.writeAndFlush(response);
    return new EventStream(context.channel(), type, room);
  }

  /** Answers 200 with so many bytes, which come in pieces. */
  public Download download(String type, long size, Map<String, String> more) {
    HttpResponse response = new DefaultHttpResponse(HttpVersion.HTTP_1_1, HttpResponseStatus.OK);
    response.headers().set(HttpHeaderNames.CONTENT_TYPE, type);
    response.headers().set(HttpHeaderNames.CONTENT_LENGTH, size);
    more.forEach((name, value) -> response.headers().set(name, value));
    mayBeSilent(context.channel());
    var unused = context.writeAndFlush(response);
    return new Download(context, size, answered);
  }

  /** A stream's connection may be silent: its reader has nothing to say. */
  private static void mayBeSilent(Channel channel) {
    if (channel.pipeline().get(ApiPort.IDLE) != null) {
      channel.pipeline().remove(ApiPort.IDLE);
    }
  }
}
